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
    endpoint_that_tells(workers, key, handler, Arc::new(drop))
}

/// Opens an endpoint with this handler that tells of what it refuses.
fn endpoint_that_tells(workers: usize, key: &Key, handler: Handler, notice: Told) -> Endpoint {
    let capacity = Capacity { workers, unanswered: workers * 2, request: 8192 };
    Endpoint::open(&env::temp_dir(), capacity, handler, key.clone(), notice).unwrap()
}

/// Writes a request down as it goes over a connection of its own.
fn encode(request: &Request, key: &Key) -> Vec<u8> {
    static WAYS: AtomicUsize = AtomicUsize::new(1000);
    encode_for(request, key, WAYS.fetch_add(1, Ordering::Relaxed) as u64)
}

/// Writes a request down as it goes over this connection.
fn encode_for(request: &Request, key: &Key, way: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::Passage::of(request, key).write(way, &mut bytes);
    bytes
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

/// Waits for workers that have gathered replies just now.
fn wait_until_all_is_answered(endpoint: &Endpoint) {
    while endpoint.shared.lines.unanswered() > 0 {
        thread::yield_now();
    }
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
    let text = ask(&endpoint, &encode(&request(), &key));
    assert_eq!(seen.recv().unwrap(), request());
    assert!(text.starts_with("HTTP/1.1 201 ") && text.ends_with("\r\n\r\n{}"), "{text}");
    assert!(text.contains("Vary: Origin\r\n") && text.contains("Content-Length: 2\r\n"), "{text}");
}

#[test]
fn whoever_lacks_the_key_is_told_nothing() {
    let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
    let endpoint = endpoint(1, &key, at_once(|_| Reply::json(200, "secret".into())));
    let text = ask(&endpoint, &encode(&request(), &other));
    assert!(text.starts_with("HTTP/1.1 404 ") && !text.contains("secret"), "{text}");
    let text = ask(&endpoint, b"GET / HTTP/1.1\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
}

#[test]
fn what_has_the_key_and_is_no_whole_request_reaches_no_handler() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(1, &key, at_once(|_| Reply::new(200)));
    let whole = String::from_utf8(encode(&request(), &key)).unwrap();
    let (head, rest) = whole.split_once("\r\n\r\n").unwrap();
    let length = format!("Content-Length: {}\r\n", rest.len());
    assert!(head.contains(&length));
    let text =
        ask(&endpoint, format!("{}\r\n\r\n?", head.replace(&length, "Content-Length: 1\r\n")).as_bytes());
    assert!(text.starts_with("HTTP/1.1 500 "), "{text}");
    wait_until_all_is_answered(&endpoint);
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
        let text = ask(&endpoint, &encode(&request(), &key));
        assert!(text.starts_with("HTTP/1.1 500 "), "{text}");
        assert!(text.contains(r#"{"error":"Internal Server Error","message":"#), "{text}");
    }
    let calm = Request { id: "7-2".into(), ..request() };
    assert!(ask(&endpoint, &encode(&calm, &key)).starts_with("HTTP/1.1 200 "));
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
    first.write_all(&encode(&request(), &key)).unwrap();
    first.shutdown(std::net::Shutdown::Write).unwrap();
    let responder = kept.recv().unwrap();
    let second = Request { id: "7-2".into(), ..request() };
    assert!(ask(&endpoint, &encode(&second, &key)).starts_with("HTTP/1.1 204 "));
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
    let (told, notices) = channel();
    let told = Mutex::new(told);
    let notice = Arc::new(move |notice| told.lock().unwrap().send(notice).unwrap());
    let endpoint = endpoint_that_tells(2, &key, Arc::new(keep), notice);
    let ask_later = || {
        let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
        stream.write_all(&encode(&request(), &key)).unwrap();
        (stream, kept.recv().unwrap())
    };
    let mut begun: Vec<_> = (0..4).map(|_| ask_later()).collect();
    let text = ask(&endpoint, &encode(&request(), &key));
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("Retry-After: 1\r\n"), "{text}");
    let Request { id, peer, .. } = request();
    let refused = Notice::Refused { id, peer, fault: Fault::Crowded };
    assert_eq!(notices.try_iter().collect::<Vec<_>>(), [refused]);
    assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
    assert!(endpoint.is_busy());
    begun.truncate(3);
    begun.push(ask_later());
    drop(begun);
    wait_until_all_is_answered(&endpoint);
}

/// Sends requests with these ids over one connection to an endpoint that keeps them all, and gives what they are
/// to be answered through.
fn sent_together(ids: &[&str]) -> (Endpoint, UnixStream, Vec<(String, Responder)>) {
    let key = Key::new().unwrap();
    let (sender, kept) = channel();
    let sender = Mutex::new(sender);
    let keep =
        move |request: Request, responder| sender.lock().unwrap().send((request.id, responder)).unwrap();
    let endpoint = endpoint(4, &key, Arc::new(keep));
    let request = |id: &&str| encode_for(&Request { id: (*id).into(), ..request() }, &key, 7);
    let requests: Vec<u8> = ids.iter().flat_map(request).collect();
    let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
    stream.write_all(&requests).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let responders = ids.iter().map(|_| kept.recv().unwrap()).collect();
    (endpoint, stream, responders)
}

/// Answers a request with its id.
fn answer((id, responder): (String, Responder)) {
    responder.answer(&Reply::json(200, format!("<{id}>")));
}

/// Gives the ids in the replies that come until the connection ends.
fn answered(mut stream: UnixStream) -> Vec<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split(['<', '>']).skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn replies_leave_in_the_order_of_their_requests_whoever_answers_first_and_nobody_waits() {
    let ids = ["0", "1", "2", "3", "4"];
    let (endpoint, stream, mut responders) = sent_together(&ids);
    // One worker at a time takes them, so that they are taken in their order.
    assert!(responders.iter().map(|(id, _)| id).eq(&ids));
    answer(responders.remove(3));
    assert_eq!(endpoint.shared.lines.unanswered(), 5);
    for at in [1, 2, 0, 0] {
        answer(responders.remove(at));
    }
    assert_eq!(answered(stream), ids);
    wait_until_all_is_answered(&endpoint);
}

#[test]
fn replies_that_are_gathered_leave_in_order_when_the_cork_is_pulled() {
    let ids = ["0", "1", "2"];
    let (endpoint, stream, responders) = sent_together(&ids);
    let cork = endpoint.shared.lines.cork();
    responders.into_iter().rev().for_each(answer);
    drop(cork);
    assert_eq!(answered(stream), ids);
    wait_until_all_is_answered(&endpoint);
}

/// Puts all off, and hangs at some.
struct PutsOff {
    /// What it has put off.
    kept: Mutex<Vec<Responder>>,
    /// Ends what hangs.
    may_go: Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Handle for PutsOff {
    fn answer(self: Arc<Self>, request: Request, responder: Responder) {
        self.kept.lock().unwrap().push(responder);
        if request.id == "hangs" {
            // It ends when nobody is left who could tell.
            let _ = self.may_go.lock().unwrap().recv();
        }
    }

    fn settle(&self) -> bool {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap());
        for responder in kept {
            responder.answer(&Reply::new(204));
        }
        false
    }
}

#[test]
fn what_is_put_off_is_done_once_nothing_more_is_there_and_does_not_wait_for_what_hangs() {
    let key = Key::new().unwrap();
    let (go, may_go) = channel();
    let endpoint =
        endpoint(2, &key, Arc::new(PutsOff { kept: Mutex::default(), may_go: Mutex::new(may_go) }));
    assert!(ask(&endpoint, &encode(&request(), &key)).starts_with("HTTP/1.1 204 "));
    // Whichever worker takes these, the first of them is put off, and the second hangs behind it.
    let hangs = Request { id: "hangs".into(), ..request() };
    let requests = [encode_for(&request(), &key, 7), encode_for(&hangs, &key, 7)].concat();
    let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
    stream.write_all(&requests).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 204");
    drop(go);
}

#[test]
fn a_body_too_long_for_the_buffer_is_read_before_the_next_request_on_its_connection() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(
        2,
        &key,
        at_once(|request| Reply::json(200, format!("<{}>", String::from_utf8_lossy(&request.body)))),
    );
    let bodies = ["a".repeat(4096), "b".into(), "c".repeat(1025), String::new()];
    let requests = bodies
        .each_ref()
        .map(|body| encode_for(&Request { body: body.clone().into_bytes(), ..request() }, &key, 7));
    let text = ask(&endpoint, &requests.concat());
    assert!(text.split(['<', '>']).skip(1).step_by(2).eq(&bodies), "{text}");
}

#[test]
fn a_request_that_is_lost_is_answered_with_500() {
    let key = Key::new().unwrap();
    let endpoint = endpoint(1, &key, Arc::new(|_, responder| drop(responder)));
    let text = ask(&endpoint, &encode(&request(), &key));
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
    let ask = || ask(&endpoint, &encode(&request(), &key));
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
