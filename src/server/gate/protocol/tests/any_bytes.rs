//! Any bytes, in any pieces: the same comes out, and no more is held than the bounds say.

use proptest::prelude::*;

use super::*;

/// How many inputs are tried.
const CASES: u32 = 10_000;

/// The most that a connection may ever hold: a head as received, as parsed (values that are joined grow
/// by doubling), a body that grows by doubling, and a reply.
fn most_held(limits: &Limits) -> usize {
    limits.head.next_power_of_two() + 2 * limits.head + 2 * limits.body + limits.reply
}

/// Pieces of requests, right and wrong.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static str> = vec![
        "GET / HTTP/1.1\r\n",
        "POST /stream-chat/token HTTP/1.1\r\n",
        "HEAD http://a/b HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.0\r\n",
        "PRI * HTTP/2.0\r\n",
        "Host: a\r\n",
        "Host: a\r\n",
        "Host: a\r\n\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 0\r\n\r\n",
        "Content-Length: 4096\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Expect: 100-continue\r\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Authorization: Bearer x\r\n",
        "X-Forwarded-For: 1.1.1.1\r\n",
        "X: \u{fc}\r\n",
        "\r\n",
        "\r\n",
        "\r",
        "\n",
        "\0",
        " ",
        "abc",
        "3\r\nabc\r\n",
        "3;x=y\r\nabc\r\n",
        "0\r\n\r\n",
        "0\r\nX: y\r\n\r\n",
        "fffffffffffffffff\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ];
    prop_oneof![
        12 => prop::sample::select(known).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (any::<u8>(), 0..9000_usize).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

/// Inputs: pieces in a row, some with single bytes changed.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let changes = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(change, 1..4)];
    (prop::collection::vec(piece(), 1..12), changes).prop_map(|(pieces, changes)| {
        let mut input = pieces.concat();
        for (index, byte) in changes {
            if !input.is_empty() {
                let at = index.index(input.len());
                input[at] = byte;
            }
        }
        input
    })
}

/// Sends an input in pieces, then an end. Gives everything that came out.
fn outcome(input: &[u8], pieces: &[usize]) -> (Vec<Event>, Vec<u8>, bool, usize) {
    let mut connection = Connection::new();
    connection.send(input, pieces.iter().copied().cycle());
    let is_idle = connection.protocol.is_idle();
    connection.end();
    (connection.events, connection.sent, is_idle, connection.most_held)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_and_nothing_holds_more_than_its_bound(
        input in input(),
        pieces in prop::collection::vec(1..64_usize, 1..8),
    ) {
        let (events, sent, is_idle, held) = outcome(&input, &[usize::MAX]);
        let split = outcome(&input, &pieces);
        prop_assert_eq!(&events, &split.0);
        prop_assert_eq!(&sent, &split.1);
        prop_assert_eq!(is_idle, split.2);
        let most = most_held(&Limits::default());
        prop_assert!(held <= most && split.3 <= most, "held {} and {} of {}", held, split.3, most);
        for event in &events {
            if let Event::Request(received) = event {
                prop_assert!(received.body.len() <= Limits::default().body);
                prop_assert!(received.head.path.starts_with('/') || received.head.path == "*");
            }
        }
    }
}

#[test]
fn a_byte_at_a_time_gives_the_same() {
    let input =
        b"\r\nPOST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
                  3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET / HTTP/9.9\r\n";
    assert_eq!(outcome(input, &[usize::MAX]).0.len(), 3);
    let waiting = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\
                  POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4096\r\n\r\n";
    for input in [&input[..], waiting] {
        let (events, sent, is_idle, _) = outcome(input, &[usize::MAX]);
        let split = outcome(input, &[1]);
        assert_eq!((events, sent, is_idle), (split.0, split.1, split.2));
    }
}
