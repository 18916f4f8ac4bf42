//! Clients that take more than their share of what there is.

use rustix::net::sockopt::set_socket_linger;

use super::draining::held;
use super::*;

/// Has a request refused: whatever was sent before on other connections has been looked at then.
fn look_round(running: &Running) {
    let mut stream = running.connect();
    stream.write_all(b"\n").unwrap();
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 400 "));
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_rush_hundreds_stand_before_the_door_and_nobody_has_to_knock_again() {
    let settings = Settings {
        limits: patient(),
        trusted_proxies: Vec::new(),
        socket_parent: env::temp_dir(),
        clock: Clock::System,
        notice: Arc::new(|_| ()),
    };
    let gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
    let address = gate.local_addr().unwrap();
    // It does not run: whoever is let in is let in by the system.
    let standing: Vec<_> =
        (0..500).map(|_| TcpStream::connect_timeout(&address, PATIENCE).unwrap()).collect();
    assert_eq!(standing.len(), 500);
}

#[test]
fn where_everybody_is_being_served_who_comes_waits_and_is_served_too() {
    let (running, has_begun, go) = held(Limits { connections: 2, upstreams: 1, pipeline: 1, ..patient() });
    let mut greedy = [running.connect(), running.connect()];
    for stream in &mut greedy {
        stream.write_all(get("/").repeat(200).as_bytes()).unwrap();
    }
    has_begun.recv().unwrap();
    let mut next = running.connect();
    next.write_all(get("/").as_bytes()).unwrap();
    drop((go, has_begun));
    assert!(read_reply(&mut next).0.starts_with("HTTP/1.1 200 "));
    running.stop.ask();
    let texts = greedy.map(|mut stream| read_all(&mut stream));
    assert!(texts.iter().any(|text| text.contains("Connection: close\r\n")), "{texts:?}");
}

#[test]
fn where_nobody_else_can_the_slowest_reader_gives_way() {
    let limits = Limits { connections: 1, ..patient() };
    let running = Running::within(limits, |_| Reply::json(200, "x".repeat(15_000)));
    let mut stream = running.connect();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // Both sides' buffers fill up, and then nothing moves any more.
    let requests = get("/").repeat(1000);
    while stream.write_all(requests.as_bytes()).is_ok() {}
    assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn beyond_the_budget_large_requests_that_wait_give_way_to_small_ones() {
    let (running, has_begun, go) = held(Limits { upstreams: 1, pipeline: 1, budget: 24 * 1024, ..patient() });
    let mut first = running.connect();
    first.write_all(get("/").as_bytes()).unwrap();
    has_begun.recv().unwrap();
    let mut large: Vec<TcpStream> = (0..8).map(|_| running.connect()).collect();
    for stream in &mut large {
        stream.write_all(get(&format!("/{}", "x".repeat(8000))).as_bytes()).unwrap();
    }
    look_round(&running);
    let mut small = running.connect();
    small.write_all(get("/").as_bytes()).unwrap();
    look_round(&running);
    drop((go, has_begun));
    assert!(read_reply(&mut small).0.starts_with("HTTP/1.1 200 "));
    let heads = large.iter_mut().map(|stream| read_reply(stream).0);
    assert!(heads.filter(|head| head.starts_with("HTTP/1.1 503 ")).count() >= 6);
}

#[test]
fn a_request_whose_client_has_gone_before_its_turn_is_not_carried_out() {
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let may_go = Mutex::new(may_go);
    let running = Running::within(Limits { upstreams: 1, pipeline: 1, ..patient() }, move |request| {
        begun.send(request.path.clone()).unwrap();
        let _ = may_go.lock().unwrap().recv();
        Reply::new(204)
    });
    let mut first = running.connect();
    first.write_all(get("/first").as_bytes()).unwrap();
    assert_eq!(has_begun.recv().unwrap(), "/first");
    let mut gone = running.connect();
    gone.write_all(get("/gone").as_bytes()).unwrap();
    look_round(&running);
    set_socket_linger(&gone, Some(Duration::ZERO)).unwrap();
    drop(gone);
    look_round(&running);
    drop(go);
    assert!(read_reply(&mut first).0.starts_with("HTTP/1.1 204 "));
    ask(&mut running.connect(), &get("/last"));
    assert_eq!(has_begun.recv().unwrap(), "/last");
}
