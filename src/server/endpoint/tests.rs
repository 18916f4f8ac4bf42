use std::env;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use super::super::exchange::Field;
use super::*;

/// Opens an endpoint with this handler.
fn endpoint(workers: usize, key: &Key, handler: Handler) -> Endpoint {
    Endpoint::open(&env::temp_dir(), workers, 4096, handler, key.clone()).unwrap()
}

/// Sends bytes, and gives what comes until the connection ends.
fn ask(endpoint: &Endpoint, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// A request with every kind of header.
fn request() -> Request {
    Request {
        method: "POST".into(),
        path: "/stream-chat/token".into(),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        authorization: Field::Unclear,
        content_type: Field::Once(String::new()),
        origin: Field::Absent,
        requested_method: Field::Once("?".into()),
        requested_headers: Field::Once("= a".into()),
        body: b"{\"a\": 1}\r\n".to_vec(),
        id: "7-1".into(),
    }
}

#[test]
fn a_request_arrives_as_it_was_passed_on() {
    let key = Key::new().unwrap();
    let (sender, seen) = channel();
    let endpoint = endpoint(
        1,
        &key,
        at_once(move |request| {
            sender.send(request.clone()).unwrap();
            Reply::json(201, "{}".into()).with("Vary", "Origin")
        }),
    );
    let text = ask(&endpoint, &wire::encode(&request(), &key));
    assert_eq!(seen.recv().unwrap(), request());
    assert!(text.starts_with("HTTP/1.1 201 ") && text.ends_with("\r\n\r\n{}"), "{text}");
    assert!(text.contains("Vary: Origin\r\n") && text.contains("Content-Length: 2\r\n"), "{text}");
}

#[test]
fn whoever_lacks_the_key_is_told_nothing() {
    let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
    let endpoint = endpoint(1, &key, at_once(|_| Reply::json(200, "secret".into())));
    let text = ask(&endpoint, &wire::encode(&request(), &other));
    assert!(text.starts_with("HTTP/1.1 404 ") && !text.contains("secret"), "{text}");
    let text = ask(&endpoint, b"GET / HTTP/1.1\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
}

#[test]
fn a_handler_that_panics_costs_its_request_a_500_and_no_worker() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(
        2,
        &key,
        at_once(|request| {
            assert!(request.id != "7-1", "as it was told to");
            Reply::new(200)
        }),
    );
    for _ in 0..5 {
        let text = ask(&endpoint, &wire::encode(&request(), &key));
        assert!(text.starts_with("HTTP/1.1 500 "), "{text}");
        assert!(text.contains(r#"{"error":"Internal Server Error","message":"#), "{text}");
    }
    let calm = Request { id: "7-2".into(), ..request() };
    assert!(ask(&endpoint, &wire::encode(&calm, &key)).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_request_may_be_answered_later_and_from_elsewhere_while_its_worker_answers_others() {
    let key = Key::new().unwrap();
    let (sender, kept) = channel();
    let sender = Mutex::new(sender);
    let endpoint = endpoint(
        1,
        &key,
        Arc::new(move |request: Request, responder: Responder| match request.id.as_str() {
            "7-1" => sender.lock().unwrap().send(responder).unwrap(),
            _ => responder.answer(&Reply::new(204)),
        }),
    );
    let mut first = UnixStream::connect(endpoint.socket()).unwrap();
    first.write_all(&wire::encode(&request(), &key)).unwrap();
    first.shutdown(std::net::Shutdown::Write).unwrap();
    let responder = kept.recv().unwrap();
    let second = Request { id: "7-2".into(), ..request() };
    assert!(ask(&endpoint, &wire::encode(&second, &key)).starts_with("HTTP/1.1 204 "));
    responder.answer(&Reply::json(200, "{}".into()));
    let mut text = String::new();
    first.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n{}"), "{text}");
}

#[test]
fn what_waits_for_answers_is_bounded_and_one_more_is_refused_until_one_is_given() {
    let key = Key::new().unwrap();
    let (sender, kept) = channel();
    let sender = Mutex::new(sender);
    let keep = move |_, responder| sender.lock().unwrap().send(responder).unwrap();
    let endpoint = endpoint(2, &key, Arc::new(keep));
    let ask_later = || {
        let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
        stream.write_all(&wire::encode(&request(), &key)).unwrap();
        (stream, kept.recv().unwrap())
    };
    let mut begun: Vec<_> = (0..4).map(|_| ask_later()).collect();
    let text = ask(&endpoint, &wire::encode(&request(), &key));
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("Retry-After: 1\r\n"), "{text}");
    assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
    assert!(endpoint.is_busy());
    begun.truncate(3);
    begun.push(ask_later());
    drop(begun);
    assert_eq!(endpoint.shared.unanswered.load(Ordering::Acquire), 0);
}

#[test]
fn a_request_that_is_lost_is_answered_with_500() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(1, &key, Arc::new(|_, responder| drop(responder)));
    let text = ask(&endpoint, &wire::encode(&request(), &key));
    assert!(text.starts_with("HTTP/1.1 500 "), "{text}");
    assert!(text.contains(r#"{"error":"Internal Server Error","message":"#), "{text}");
}

#[test]
fn handlers_that_block_are_as_many_at_once_as_there_are_workers_and_one_more_has_to_wait() {
    const WORKERS: usize = 64;
    let key = Key::new().unwrap();
    let (begun, has_begun) = channel();
    let (go, may_go) = channel::<()>();
    let may_go = Mutex::new(may_go);
    let begun = Mutex::new(begun);
    let endpoint = endpoint(
        WORKERS,
        &key,
        at_once(move |_| {
            begun.lock().unwrap().send(()).unwrap();
            // Whoever has it waits, and the others wait for it.
            let _ = may_go.lock().unwrap().recv();
            Reply::new(204)
        }),
    );
    let ask = || ask(&endpoint, &wire::encode(&request(), &key));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..=WORKERS).map(|_| scope.spawn(ask)).collect();
        (0..WORKERS).for_each(|_| has_begun.recv().unwrap());
        assert_eq!(endpoint.shared.busy.load(Ordering::Acquire), WORKERS);
        assert!(has_begun.try_recv().is_err());
        go.send(()).unwrap();
        has_begun.recv().unwrap();
        drop(go);
        for client in clients {
            assert!(client.join().unwrap().starts_with("HTTP/1.1 204 "));
        }
    });
}

#[test]
fn a_worker_that_ends_is_replaced() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(1, &key, at_once(|_| Reply::new(200)));
    let shared = Arc::clone(&endpoint.shared);
    let died = thread::spawn(move || {
        shared.alive.fetch_add(1, Ordering::AcqRel);
        let _post = Post { shared: Arc::clone(&shared) };
        shared.alive.fetch_sub(1, Ordering::AcqRel);
        panic!("as it was told to");
    });
    assert!(died.join().is_err());
    assert_eq!(endpoint.shared.alive.load(Ordering::Acquire), 1);
    assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
}

#[test]
fn the_socket_and_its_directory_are_gone_at_the_end() {
    let endpoint = endpoint(4, &Key::new().unwrap(), at_once(|_| Reply::new(200)));
    let socket = endpoint.socket();
    assert!(socket.exists());
    drop(endpoint);
    assert!(!socket.parent().unwrap().exists());
}
