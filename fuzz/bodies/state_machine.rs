//! Sends arbitrary bytes to the gate's state machine: how they are split changes nothing, no more is held than
//! the bounds say, and a client that falls silent is not waited for without end.

use std::iter;

use stream_token::server::Limits;

use super::connection::Connection;

/// How often time may have to pass before a silent connection has ended: for the request, for the reply, for
/// what lingers after it, and for what follows.
const MOST_WAITS: usize = 8;

/// Takes the first three bytes as the lengths of pieces, and the rest as what is sent in them. Where the first is
/// odd, the client then says that it sends no more.
pub(crate) fn check(data: &[u8]) {
    let (pieces, input) = data.split_at(data.len().min(3));
    let ends = pieces.first().is_some_and(|piece| piece % 2 == 1);
    let whole = outcome(input, iter::repeat(usize::MAX), ends);
    let split = outcome(input, pieces.iter().map(|piece| usize::from(*piece)).chain([1]).cycle(), ends);
    assert_eq!((&whole.events, &whole.sent), (&split.events, &split.sent));
    assert_eq!(whole.protocol.is_closed(), split.protocol.is_closed());
    let limits = Limits::default();
    let most = limits.head.next_power_of_two() + 2 * limits.head + 2 * limits.body + limits.reply;
    assert!(whole.most_held <= most && split.most_held <= most);
}

/// Sends an input in pieces, and then falls silent, saying so where it `ends`.
fn outcome(input: &[u8], pieces: impl IntoIterator<Item = usize>, ends: bool) -> Connection {
    let mut connection = Connection::new();
    connection.send(input, pieces);
    if ends {
        connection.end();
    }
    let mut waits = 0;
    while !connection.protocol.is_closed() {
        waits += 1;
        assert!(waits <= MOST_WAITS, "a silent client is waited for");
        connection.now = connection.protocol.due().unwrap();
        connection.protocol.elapse(connection.now);
        connection.answer();
    }
    connection
}
