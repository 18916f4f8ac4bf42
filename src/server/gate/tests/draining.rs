//! How the gate ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A gate whose handler says when it has a request, and answers when it is told to.
pub(super) fn held(limits: Limits) -> (Running, Receiver<()>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (go, may_go) = channel();
    let may_go = Mutex::new(may_go);
    let running = Running::within(limits, move |_| {
        // A test may have heard enough.
        let _ = begun.send(());
        let _ = may_go.lock().unwrap().recv();
        Reply::json(200, "done".into())
    });
    (running, has_begun, go)
}

#[test]
fn a_request_that_was_received_is_answered_and_the_connection_closed() {
    let (running, has_begun, go) = held(patient());
    let mut idle = running.connect();
    let mut stream = running.connect();
    stream.write_all(get("/").as_bytes()).unwrap();
    has_begun.recv().unwrap();
    running.stop.ask();
    // It drains once the door is closed.
    assert_eq!(read_all(&mut idle), "");
    go.send(()).unwrap();
    let text = read_all(&mut stream);
    assert!(text.contains("Connection: close\r\n") && text.ends_with("\r\n\r\ndone"), "{text}");
    drop(stream);
    assert_eq!(running.end(), Ended::Drained);
}

#[test]
fn an_idle_connection_that_was_kept_is_closed_and_nobody_else_is_let_in() {
    let running = Running::echoing();
    let mut stream = running.connect();
    ask(&mut stream, &get("/"));
    running.stop.ask();
    assert_eq!(read_all(&mut stream), "");
    let address = running.address;
    assert_eq!(running.end(), Ended::Drained);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn draining_under_load_loses_no_request() {
    for _ in 0..5 {
        let running = Running::echoing();
        let mut streams: Vec<TcpStream> = (0..50).map(|_| running.connect()).collect();
        for stream in &mut streams {
            stream.write_all(get("/kept").as_bytes()).unwrap();
        }
        running.stop.ask();
        for stream in &mut streams {
            assert!(read_all(stream).ends_with("/kept"));
        }
        drop(streams);
        assert_eq!(running.end(), Ended::Drained);
    }
}

#[test]
fn work_that_is_left_at_the_deadline_is_counted() {
    let limits = Limits { drain_time: Duration::from_millis(1), ..patient() };
    let (running, has_begun, go) = held(limits);
    let mut stream = running.connect();
    stream.write_all(get("/").as_bytes()).unwrap();
    has_begun.recv().unwrap();
    running.stop.ask();
    assert_eq!(running.end(), Ended::LeftWork(1));
    drop(go);
}

#[test]
fn asked_twice_it_stops_at_once() {
    let (running, has_begun, go) = held(patient());
    let mut stream = running.connect();
    stream.write_all(get("/").as_bytes()).unwrap();
    has_begun.recv().unwrap();
    running.stop.ask();
    running.stop.ask();
    assert_eq!(running.end(), Ended::Stopped);
    drop(go);
}

#[test]
fn the_first_signal_drains_and_the_second_stops_at_once() {
    let settings = || Settings {
        limits: patient(),
        trusted_proxies: Vec::new(),
        socket_parent: env::temp_dir(),
        clock: Clock::System,
        notice: Arc::new(|_| ()),
    };
    for (signals, expected) in [(1, Ended::Drained), (2, Ended::Stopped)] {
        let mut gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings()).unwrap();
        gate.watch_signals().unwrap();
        // Both have come before it runs.
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT].into_iter().take(signals) {
            signal_hook::low_level::raise(signal).unwrap();
        }
        assert_eq!(gate.run(at_once(|_| Reply::new(204))).unwrap(), expected);
    }
}

#[test]
fn a_client_that_reads_nothing_keeps_the_drain_no_longer_than_it_may() {
    let limits = Limits { write_time: Duration::from_secs(1), ..patient() };
    let running = Running::within(limits, |_| Reply::json(200, "x".repeat(15_000)));
    let mut stream = running.connect();
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    // Both sides' buffers fill up, and then the gate waits for what is never read.
    let requests = get("/").repeat(1000);
    while stream.write_all(requests.as_bytes()).is_ok() {}
    running.stop.ask();
    assert_eq!(running.end(), Ended::Drained);
    drop(stream);
}

#[test]
fn replies_that_are_being_taken_when_it_drains_arrive_whole_and_the_last_says_so() {
    let answered = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&answered);
    let running = Running::within(patient(), move |request| {
        counted.fetch_add(usize::from(request.path == "/many"), Ordering::SeqCst);
        Reply::json(200, "x".repeat(15_000))
    });
    let mut stream = running.connect();
    stream.write_all(get("/many").repeat(1000).as_bytes()).unwrap();
    // Its replies fill both sides' buffers once its requests move no more while others' do.
    let mut unmoved = 0;
    while unmoved < 50 {
        let before = answered.load(Ordering::SeqCst);
        ask(&mut running.connect(), &get("/"));
        unmoved = if answered.load(Ordering::SeqCst) == before { unmoved + 1 } else { 0 };
    }
    running.stop.ask();
    loop {
        let (head, body) = read_reply(&mut stream);
        assert_eq!(body.len(), 15_000);
        if head.contains("Connection: close\r\n") {
            break;
        }
    }
    assert_eq!(read_all(&mut stream), "");
    drop(stream);
    assert_eq!(running.end(), Ended::Drained);
}
