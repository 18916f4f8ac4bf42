//! The gate with TLS: clients that speak it well, badly, or not at all.

use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, StreamOwned};

use super::*;
use crate::tls::testing::{client, identity};

/// A client that speaks TLS.
type Secure = StreamOwned<ClientConnection, TcpStream>;

/// A gate that speaks TLS.
struct Secured {
    /// The gate.
    running: Running,
    /// Who it is.
    identity: Arc<Swap<Identity>>,
    /// Its certificate.
    certificate: String,
}

impl Secured {
    /// Runs one within these limits, whose handler tells the path.
    fn within(limits: Limits) -> Self {
        Self::answering(limits, |request| Reply::json(200, request.path.clone()))
    }

    /// Runs one within these limits.
    fn answering(limits: Limits, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let (identity, certificate) = identity();
        let identity = Arc::new(Swap::new(identity));
        let running = Running::speaking(Some(Arc::clone(&identity)), limits, handler);
        Self { running, identity, certificate }
    }

    /// Connects a client, with the latest version.
    fn connect(&self) -> Secure {
        StreamOwned::new(client(&self.certificate, &TLS13), self.running.connect())
    }

    /// Connects a client, and has it finish its handshake.
    fn shake_hands(&self) -> Secure {
        let mut secure = self.connect();
        while secure.conn.is_handshaking() {
            secure.conn.complete_io(&mut secure.sock).unwrap();
        }
        secure
    }

    /// Tells why TLS with clients came to an end before its time.
    fn faults(&self) -> Vec<TlsFault> {
        let told = |notice| match notice {
            Notice::Insecure { fault, .. } => Some(fault),
            _ => None,
        };
        self.running.notices().into_iter().filter_map(told).collect()
    }
}

#[test]
fn requests_are_answered_one_after_another_in_both_versions() {
    let gate = Secured::within(patient());
    for version in [&TLS12, &TLS13] {
        let mut secure = StreamOwned::new(client(&gate.certificate, version), gate.running.connect());
        for path in ["/a", "/b", "/c"] {
            let (head, body) = ask(&mut secure, &get(path));
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
            assert_eq!(body, path);
        }
        assert_eq!(secure.conn.protocol_version(), Some(version.version));
    }
    assert_eq!(gate.faults(), []);
}

#[test]
fn requests_that_share_a_record_and_requests_in_many_are_answered_alike() {
    let gate = Secured::within(patient());
    let mut secure = gate.connect();
    secure.write_all([get("/a"), get("/b")].concat().as_bytes()).unwrap();
    assert_eq!((read_reply(&mut secure).1, read_reply(&mut secure).1), ("/a".into(), "/b".into()));
    for byte in get("/c").bytes() {
        secure.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_reply(&mut secure).1, "/c");
    let padded = format!("GET /d HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(8000));
    assert_eq!(ask(&mut secure, &padded).1, "/d");
}

#[test]
fn a_long_reply_arrives_whole_and_the_client_is_told_of_the_end() {
    let gate = Secured::answering(patient(), |_| Reply::json(200, "x".repeat(15_000)));
    let mut secure = gate.connect();
    secure.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    // Without a close_notify this is an error.
    secure.read_to_string(&mut text).unwrap();
    assert!(text.ends_with(&"x".repeat(15_000)));
}

#[test]
fn a_client_that_sends_much_ahead_gets_its_reply_and_the_end() {
    let gate = Secured::within(patient());
    let mut secure = gate.connect();
    // One record with more behind its request than is held while that is answered.
    secure.write_all(get("/a").repeat(200).as_bytes()).unwrap();
    let text = read_all(&mut secure);
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 1, "{text}");
    assert!(text.contains("Connection: close\r\n"), "{text}");
}

#[test]
fn a_connection_that_is_cut_off_in_a_request_is_over() {
    let gate = Secured::within(patient());
    let mut secure = gate.connect();
    secure.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").unwrap();
    secure.sock.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut secure), "");
    // One that is cut off behind its request is answered.
    let mut secure = gate.connect();
    secure.write_all(get("/a").as_bytes()).unwrap();
    secure.sock.shutdown(Shutdown::Write).unwrap();
    assert!(read_all(&mut secure).ends_with("/a"));
}

#[test]
fn http_without_tls_is_told_what_to_use_and_garbage_is_not_answered() {
    let gate = Secured::within(patient());
    let mut plain = gate.running.connect();
    plain.write_all(get("/").as_bytes()).unwrap();
    let text = read_all(&mut plain);
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
    assert!(text.ends_with(r#"{"error":"Bad Request","message":"Use https: TLS is spoken here"}"#), "{text}");
    let mut plain = gate.running.connect();
    plain.write_all(get("/").replace("GET", "HEAD").as_bytes()).unwrap();
    let text = read_all(&mut plain);
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    let mut garbage = gate.running.connect();
    garbage.write_all(&[0xff; 64]).unwrap();
    let mut answer = Vec::new();
    let _ = garbage.read_to_end(&mut answer);
    // At most an alert (RFC 8446 section 6).
    assert!(answer.is_empty() || answer.starts_with(&[21]), "{answer:?}");
    let notices = gate.running.notices();
    let is_told = |notice: &Notice| matches!(notice, Notice::Refused { fault: Fault::Unencrypted, .. });
    assert!(notices[..2].iter().all(is_told), "{notices:?}");
    assert_eq!((notices.len(), gate.faults().as_slice()), (3, &[TlsFault::Malformed][..]));
}

#[test]
fn a_handshake_that_stalls_ends_at_its_deadline_and_whoever_says_nothing_is_not_told_of() {
    let gate = Secured::within(Limits { handshake_time: Duration::from_millis(100), ..patient() });
    let mut silent = gate.running.connect();
    assert_eq!(read_all(&mut silent), "");
    assert_eq!(gate.faults(), []);
    let mut stalled = gate.running.connect();
    stalled.write_all(&[22, 3, 1, 0]).unwrap();
    assert_eq!(read_all(&mut stalled), "");
    assert_eq!(gate.faults(), [TlsFault::Unfinished]);
}

#[test]
fn after_the_handshake_a_request_has_its_own_time() {
    let head_time = Duration::from_millis(200);
    let gate = Secured::within(Limits { handshake_time: 10 * PATIENCE, head_time, ..patient() });
    let mut secure = gate.shake_hands();
    let mut text = String::new();
    secure.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), gate.faults().as_slice()), ("", &[][..]));
}

#[test]
fn beyond_the_limit_the_oldest_unfinished_handshake_gives_way() {
    let gate = Secured::within(Limits { handshakes: 2, ..patient() });
    let mut established = gate.shake_hands();
    let mut stalled: Vec<TcpStream> = (0..2).map(|_| gate.running.connect()).collect();
    // Each is known to be there once another has been served after it.
    assert_eq!(ask(&mut established, &get("/a")).1, "/a");
    let third = gate.running.connect();
    assert_eq!(read_all(&mut stalled[0]), "");
    let mut fourth = gate.shake_hands();
    assert_eq!(read_all(&mut stalled[1]), "");
    for secure in [&mut established, &mut fourth] {
        assert_eq!(ask(secure, &get("/b")).1, "/b");
    }
    drop(third);
}

#[test]
fn what_tls_holds_counts_and_an_unfinished_handshake_is_the_first_to_go() {
    let gate = Secured::within(Limits { budget: 8 * 1024, ..patient() });
    let mut established = gate.shake_hands();
    let mut hoard = gate.running.connect();
    // The beginning of a handshake message of 9,000 bytes.
    hoard.write_all(&[22, 3, 1, 0x23, 0x28, 1, 0, 0x23, 0x24]).unwrap();
    hoard.write_all(&[0; 8500]).unwrap();
    assert_eq!(read_all(&mut hoard), "");
    assert_eq!(gate.faults(), [TlsFault::Unfinished]);
    assert_eq!(ask(&mut established, &get("/a")).1, "/a");
}

#[test]
fn a_client_that_resets_while_its_replies_wait_to_be_sent_keeps_nobody_waiting() {
    let gate = Secured::answering(patient(), |_| Reply::json(200, "x".repeat(15_000)));
    let mut secure = gate.shake_hands();
    secure.sock.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    // Both sides' buffers fill up, and then the gate waits for what is never read.
    while secure.write_all(get("/").repeat(40).as_bytes()).is_ok() {}
    rustix::net::sockopt::set_socket_linger(&secure.sock, Some(Duration::ZERO)).unwrap();
    drop(secure);
    assert!(ask(&mut gate.shake_hands(), &get("/")).0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn an_idle_client_that_holds_a_part_of_a_record_is_the_next_to_go() {
    let gate = Secured::within(Limits { budget: 8 * 1024, ..patient() });
    let mut hoard = gate.shake_hands();
    assert_eq!(ask(&mut hoard, &get("/a")).1, "/a");
    // A record of 12,000 bytes, of which most comes.
    hoard.sock.write_all(&[23, 3, 3, 0x2e, 0xe0]).unwrap();
    hoard.sock.write_all(&[0; 11_000]).unwrap();
    assert_eq!(read_all(&mut hoard), "");
    assert_eq!(ask(&mut gate.shake_hands(), &get("/b")).1, "/b");
}

#[test]
fn connections_that_come_later_see_the_new_certificate_and_others_go_on() {
    let mut gate = Secured::within(patient());
    let mut before = gate.shake_hands();
    let (identity, certificate) = identity();
    gate.identity.put(identity);
    let old = std::mem::replace(&mut gate.certificate, certificate);
    assert_eq!(ask(&mut gate.shake_hands(), &get("/new")).1, "/new");
    assert_eq!(ask(&mut before, &get("/old")).1, "/old");
    let mut distrustful = StreamOwned::new(client(&old, &TLS13), gate.running.connect());
    assert!(distrustful.write_all(get("/").as_bytes()).is_err());
}

#[test]
fn draining_ends_idle_connections_with_a_word_and_unfinished_handshakes_without() {
    let gate = Secured::within(patient());
    let mut idle = gate.shake_hands();
    assert_eq!(ask(&mut idle, &get("/a")).1, "/a");
    let mut stalled = gate.running.connect();
    assert_eq!(ask(&mut idle, &get("/b")).1, "/b");
    gate.running.stop.ask();
    let mut text = String::new();
    // Without a close_notify this is an error.
    idle.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), read_all(&mut stalled).as_str()), ("", ""));
    assert_eq!(gate.running.end(), Ended::Drained);
}
