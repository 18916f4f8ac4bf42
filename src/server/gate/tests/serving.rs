//! Clients that behave.

use std::sync::Barrier;
use std::thread;

use super::*;

#[test]
fn a_connection_is_used_for_many_requests() {
    let running = Running::echoing();
    let mut stream = running.connect();
    for path in ["/1", "/2", "/3"] {
        let (head, body) = ask(&mut stream, &get(path));
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Connection: keep-alive\r\n"),
            "{head}"
        );
        assert!(head.contains("X-Request-Id: ") && head.contains("Date: "), "{head}");
        assert!(!head.contains("Server: "), "{head}");
        assert_eq!(body, path);
    }
}

#[test]
fn how_many_connections_there_are_is_told_whenever_it_changes() {
    let running = Running::echoing();
    let mut first = running.connect();
    ask(&mut first, &get("/"));
    let mut second = running.connect();
    ask(&mut second, &get("/"));
    let notices = Arc::clone(&running.notices);
    drop((first, second));
    running.stop.ask();
    assert_eq!(running.end(), Ended::Drained);
    let count = |notice: &Notice| match notice {
        Notice::Connections(count) => Some(*count),
        _ => None,
    };
    let counts: Vec<usize> = notices.lock().unwrap().iter().filter_map(count).collect();
    assert!(counts.starts_with(&[1, 2]) && counts.ends_with(&[0]), "{counts:?}");
    assert!(counts.windows(2).all(|pair| pair[0] != pair[1]), "{counts:?}");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let running = Running::echoing();
    let mut stream = running.connect();
    let paths: Vec<String> = (0..100).map(|number| format!("/{number}")).collect();
    let requests: String = paths.iter().map(|path| get(path)).collect();
    stream.write_all(requests.as_bytes()).unwrap();
    let bodies: Vec<String> = paths.iter().map(|_| read_reply(&mut stream).1).collect();
    assert_eq!(bodies, paths);
}

#[test]
fn a_body_reaches_the_handler_however_it_is_framed() {
    let running = Running::within(patient(), |request| {
        Reply::json(200, String::from_utf8(request.body.clone()).unwrap())
    });
    let mut stream = running.connect();
    let body = "x".repeat(4096);
    let head = "POST / HTTP/1.1\r\nHost: a\r\n";
    let whole = format!("{head}Content-Length: 4096\r\n\r\n{body}");
    assert_eq!(ask(&mut stream, &whole).1, body);
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n1000\r\n{body}\r\n0\r\n\r\n");
    assert_eq!(ask(&mut stream, &chunked).1, body);
    stream.write_all(format!("{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(read_reply(&mut stream).0, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(ask(&mut stream, "{}").1, "{}");
    let waiting = format!("{whole}{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(ask(&mut stream, &waiting).1, body);
    assert_eq!(read_reply(&mut stream).0, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(ask(&mut stream, "{}").1, "{}");
}

#[test]
fn head_is_answered_without_a_body_and_the_connection_goes_on() {
    let running = Running::echoing();
    let mut stream = running.connect();
    stream.write_all(b"HEAD /longer HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let text = read_all(&mut stream);
    let (first, second) = text.split_once("\r\n\r\n").unwrap();
    assert!(first.contains("Content-Length: 7"), "{first}");
    assert!(second.starts_with("HTTP/1.1 200 OK") && second.ends_with("\r\n\r\n/2"), "{second}");
}

#[test]
fn a_client_that_sends_no_more_gets_its_reply_and_then_the_end() {
    let running = Running::echoing();
    let mut stream = running.connect();
    stream.write_all(get("/last").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(read_all(&mut stream).ends_with("/last"));
}

#[test]
fn a_request_in_single_bytes_is_answered() {
    let running = Running::echoing();
    let mut stream = running.connect();
    for byte in get("/slow").bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_reply(&mut stream).1, "/slow");
}

#[test]
fn the_handler_learns_where_a_request_comes_from_from_trusted_proxies_only() {
    let ask_with = |trusted: &[&str]| {
        let settings = Settings {
            limits: patient(),
            trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
            socket_parent: env::temp_dir(),
            clock: Clock::System,
            notice: Arc::new(|_| ()),
        };
        let gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
        let (address, stop) = (gate.local_addr().unwrap(), gate.stop());
        let told = |request: &Request| Reply::json(200, request.peer.to_string());
        let ended = thread::spawn(move || gate.run(at_once(told)));
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n";
        let (_, body) = ask(&mut stream, request);
        stop.ask();
        drop(stream);
        assert_eq!(ended.join().unwrap().unwrap(), Ended::Drained);
        body
    };
    assert_eq!(ask_with(&[]), "127.0.0.1");
    assert_eq!(ask_with(&["127.0.0.0/8"]), "9.9.9.9");
}

#[test]
fn a_hundred_connections_that_are_kept_are_all_answered_again_and_again() {
    let running = Running::within(Limits { upstreams: 64, ..patient() }, |request| {
        Reply::json(200, request.path.clone())
    });
    let mut streams: Vec<TcpStream> = (0..100).map(|_| running.connect()).collect();
    for round in 0..3 {
        for stream in &mut streams {
            stream.write_all(get(&format!("/{round}")).as_bytes()).unwrap();
        }
        for stream in &mut streams {
            assert_eq!(read_reply(stream).1, format!("/{round}"));
        }
    }
}

#[test]
fn as_many_requests_as_there_are_connections_upstream_are_answered_at_once() {
    // Each handler waits for all others, so that fewer at a time would wait for ever.
    let all = Barrier::new(64);
    let running = Running::within(Limits { upstreams: 64, ..patient() }, move |_| {
        all.wait();
        Reply::new(204)
    });
    let mut streams: Vec<TcpStream> = (0..500).map(|_| running.connect()).collect();
    for stream in &mut streams[..64 * 7] {
        stream.write_all(get("/").as_bytes()).unwrap();
    }
    for stream in &mut streams[..64 * 7] {
        assert!(read_reply(stream).0.starts_with("HTTP/1.1 204 "));
    }
}
