//! Clients that do not behave, and an endpoint that breaks.

use super::*;

#[test]
fn a_slow_client_is_refused_at_the_deadline_and_others_are_not_kept() {
    let limits = Limits { head_time: Duration::from_millis(200), ..patient() };
    let running = Running::within(limits, |_| Reply::new(204));
    let mut slow = running.connect();
    slow.write_all(b"GET / HT").unwrap();
    assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 204 "));
    let text = read_all(&mut slow);
    assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{text}");
    let peer = Ipv4Addr::LOCALHOST.into();
    let id = text.split("X-Request-Id: ").nth(1).and_then(|rest| rest.lines().next()).unwrap().to_owned();
    assert_eq!(running.notices(), [Notice::Refused { id, peer, fault: Fault::SlowHead }]);
}

#[test]
fn a_client_that_reads_nothing_is_given_up_at_the_deadline() {
    let limits = Limits { write_time: Duration::from_millis(50), ..patient() };
    let running = Running::within(limits, |_| Reply::json(200, "x".repeat(15_000)));
    let mut stream = running.connect();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // Both sides' buffers fill up, and then the gate waits for what is never read.
    let requests = get("/").repeat(1000);
    while stream.write_all(requests.as_bytes()).is_ok() {}
    assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_refusal_arrives_although_the_client_goes_on_sending() {
    let running = Running::echoing();
    let mut stream = running.connect();
    let request =
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000));
    stream.write_all(request.as_bytes()).unwrap();
    let text = read_all(&mut stream);
    assert!(text.starts_with("HTTP/1.1 413 Content Too Large\r\n"), "{text}");
}

#[test]
fn beyond_the_limit_the_oldest_idle_connection_gives_way() {
    let running = Running::within(Limits { connections: 2, ..patient() }, |_| Reply::new(204));
    let mut first = running.connect();
    ask(&mut first, &get("/"));
    let mut second = running.connect();
    ask(&mut second, &get("/"));
    let mut third = running.connect();
    assert!(ask(&mut third, &get("/")).0.starts_with("HTTP/1.1 204 "));
    assert_eq!(read_all(&mut first), "");
    assert!(ask(&mut second, &get("/")).0.starts_with("HTTP/1.1 204 "));
    assert_eq!(running.notices(), [Notice::Full]);
}

#[test]
fn beyond_the_budget_whoever_has_been_sending_for_longest_is_refused() {
    let running = Running::within(Limits { budget: 8 * 1024, ..patient() }, |_| Reply::new(204));
    let hoard = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(5000));
    let (told, hears) = std::sync::mpsc::channel();
    let streams = [running.connect(), running.connect()];
    for stream in &streams {
        let (mut stream, told) = (stream.try_clone().unwrap(), told.clone());
        stream.write_all(hoard.as_bytes()).unwrap();
        std::thread::spawn(move || told.send(read_all(&mut stream)));
    }
    let first = hears.recv().unwrap();
    assert!(first.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{first}");
    assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 204 "));
}

#[test]
fn a_handler_that_panics_gives_500_and_the_gate_goes_on() {
    let running = Running::within(Limits { upstreams: 1, pipeline: 1, ..patient() }, |request| {
        assert!(request.path != "/panic", "as it was told to");
        Reply::new(204)
    });
    let mut stream = running.connect();
    for _ in 0..3 {
        assert!(ask(&mut stream, &get("/panic")).0.starts_with("HTTP/1.1 500 "));
        assert!(ask(&mut stream, &get("/")).0.starts_with("HTTP/1.1 204 "));
    }
}

#[test]
fn a_handler_that_hangs_gives_503_and_a_fresh_endpoint_takes_over() {
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = Mutex::new(may_go);
    let short = Duration::from_millis(100);
    let limits = Limits { upstreams: 1, pipeline: 1, reply_time: short, proof_time: short, ..patient() };
    let running = Running::within(limits, move |request| {
        if request.path == "/hang" {
            let _ = may_go.lock().unwrap().recv();
        }
        Reply::new(204)
    });
    let mut stream = running.connect();
    let (head, body) = ask(&mut stream, &get("/hang"));
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("Connection: keep-alive\r\n"), "{head}");
    assert_eq!(body, r#"{"error":"Service Unavailable","message":"Try again in a moment"}"#);
    // Its only worker hangs still: whoever answers is another's.
    assert!(ask(&mut stream, &get("/")).0.starts_with("HTTP/1.1 204 "));
    drop(go);
}

#[test]
fn a_handler_that_hangs_holds_up_nobody_who_comes_later() {
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let may_go = Mutex::new(may_go);
    let running = Running::within(patient(), move |request| {
        if request.path == "/hang" {
            begun.send(()).unwrap();
            let _ = may_go.lock().unwrap().recv();
        }
        Reply::new(204)
    });
    let mut hanging = running.connect();
    hanging.write_all(get("/hang").as_bytes()).unwrap();
    has_begun.recv().unwrap();
    // Those who come with it may be behind it.
    let mut behind = Vec::new();
    loop {
        let mut stream = running.connect();
        stream.write_all(get("/").as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        if matches!(stream.peek(&mut [0]), Ok(1..)) {
            break;
        }
        behind.push(stream);
    }
    // From here on nobody is.
    for _ in 0..20 {
        assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 204 "));
    }
    drop(go);
    for mut stream in behind.into_iter().chain([hanging]) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(read_reply(&mut stream).0.starts_with("HTTP/1.1 204 "));
    }
}

#[test]
fn handlers_that_hang_are_bounded_however_often_and_once_they_return_all_is_well() {
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let may_go = Mutex::new(may_go);
    let short = Duration::from_millis(50);
    let limits = Limits {
        upstreams: 1,
        pipeline: 1,
        reply_time: short,
        proof_time: short,
        upstream_wait: 10 * short,
        ..patient()
    };
    let running = Running::within(limits, move |request| {
        if request.path == "/hang" {
            begun.send(()).unwrap();
            let _ = may_go.lock().unwrap().recv();
        }
        Reply::new(204)
    });
    for _ in 0..8 {
        assert!(ask(&mut running.connect(), &get("/hang")).0.starts_with("HTTP/1.1 503 "));
    }
    assert_eq!(has_begun.try_iter().count(), 3);
    drop(go);
    while !ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 204 ") {}
}

#[test]
fn a_request_that_no_upstream_takes_in_time_gives_503() {
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let may_go = Mutex::new(may_go);
    let limits = Limits { upstreams: 1, pipeline: 1, upstream_wait: Duration::from_millis(50), ..patient() };
    let running = Running::within(limits, move |_| {
        begun.send(()).unwrap();
        let _ = may_go.lock().unwrap().recv();
        Reply::new(204)
    });
    // The very first requests may be too early for the first upstream connection.
    let mut busy = running.connect();
    busy.write_all(get("/").as_bytes()).unwrap();
    while has_begun.recv_timeout(Duration::from_millis(100)).is_err() {
        busy = running.connect();
        busy.write_all(get("/").as_bytes()).unwrap();
    }
    assert!(ask(&mut running.connect(), &get("/")).0.starts_with("HTTP/1.1 503 "));
    go.send(()).unwrap();
    assert!(read_reply(&mut busy).0.starts_with("HTTP/1.1 204 "));
}

#[test]
fn a_reply_beyond_its_bound_gives_503_and_its_connection_is_replaced() {
    let running = Running::within(Limits { upstreams: 1, pipeline: 1, ..patient() }, |request| {
        Reply::json(200, "x".repeat(request.path.len() * 1000))
    });
    let mut stream = running.connect();
    let long = get(&format!("/{}", "y".repeat(1000)));
    assert!(ask(&mut stream, &long).0.starts_with("HTTP/1.1 503 "));
    assert!(ask(&mut stream, &get("/")).0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn clients_that_leave_at_every_point_leave_nothing_behind() {
    let running = Running::echoing();
    let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for length in 0..=request.len() {
        let mut stream = running.connect();
        stream.write_all(&request.as_bytes()[..length]).unwrap();
    }
    assert!(ask(&mut running.connect(), &get("/here")).1.ends_with("/here"));
    running.stop.ask();
    assert_eq!(running.end(), Ended::Drained);
}
