//! What clients of TLS do once hands are shaken: records, alerts and ends in the middle of requests.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::client_stream::ClientStream;
use super::running_server::{Protocol, RunningServer, assert_token};
use super::speech::{VERSIONS, client_of};
use super::well_behaved::WellBehavedClients;
use crate::cli::watchdog::Watchdog;
use crate::tools::has;

/// How often is done what is done again and again.
const OFTEN: usize = 100_000;

/// The beginning of a request.
const BEGINNING: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12";

/// Runs `act` with a client of each TLS version, while well-behaved clients ask for tokens.
#[track_caller]
fn beside_good(act: impl Fn(&RunningServer, ClientStream)) {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    for version in VERSIONS {
        for _ in 0..10 {
            act(&target, ClientStream::speaking(client_of(version), target.way.knock()));
        }
    }
    good.end();
    target.recover(&before);
}

#[test]
fn records_that_nobody_made_end_the_connection() {
    let forged: [&[u8]; 7] = [
        &[23, 3, 3, 0, 32],
        &[23, 3, 3, 0, 0],
        &[23, 3, 3, 0x48, 0x01],
        &[23, 3, 3, 0xff, 0xff],
        &[22, 3, 3, 0, 32],
        &[21, 3, 3, 0, 2],
        &[0xff; 5],
    ];
    for head in forged {
        beside_good(|target, mut line| {
            line.send(target.request()).unwrap();
            assert_token(line.reply());
            line.send(BEGINNING).unwrap();
            // It is over before all of it is sent.
            while line.send_bare(&[head, &[0; 1024]].concat()).is_ok() {}
            assert_eq!(line.reply(), None);
        });
    }
}

#[test]
fn an_alert_or_an_end_in_the_middle_of_a_request_is_the_end_of_it() {
    let rows: [fn(&mut ClientStream); 3] = [
        // A warning that nothing more is sent.
        |line| line.speak(|client| client.send_close_notify()).unwrap(),
        // A fatal alert: what the client seems to hear is no TLS.
        |line| {
            // The server may end it before all of the alert is sent.
            let _ = line.speak(|client| {
                client.read_tls(&mut &[0xff; 100][..]).unwrap();
                client.process_new_packets().unwrap_err();
            });
        },
        // The end of the connection, and no word of it before.
        ClientStream::break_off,
    ];
    for end in rows {
        beside_good(|_, mut line| {
            line.send(BEGINNING).unwrap();
            end(&mut line);
            assert_eq!(line.reply(), None);
        });
    }
}

#[test]
fn a_client_that_closes_after_a_whole_request_is_answered() {
    beside_good(|target, mut line| {
        line.send(target.request()).unwrap();
        line.break_off();
        assert_token(line.reply());
        assert_eq!(line.reply(), None);
    });
}

#[test]
fn all_requests_of_a_full_record_are_answered_in_order() {
    beside_good(|target, mut line| {
        // Twenty of them fit into one record.
        line.send(target.request().repeat(20)).unwrap();
        for _ in 0..20 {
            assert_token(line.reply());
        }
    });
}

#[test]
fn a_client_that_only_changes_keys_is_disconnected() {
    let target = RunningServer::speaking(Protocol::Tls);
    let good = WellBehavedClients::beside(&target);
    let mut line = ClientStream::speaking(client_of(VERSIONS[1]), target.way.knock());
    line.send(target.request()).unwrap();
    assert_token(line.reply());
    let change = |line: &mut ClientStream| line.speak(|client| client.refresh_traffic_keys().unwrap());
    assert!((0..OFTEN).any(|_| change(&mut line).is_err()));
    good.end();
}

#[test]
fn openssl_may_not_negotiate_again() {
    if !has("openssl", "renegotiation") {
        return;
    }
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let connect = target.server.address().to_string();
    for _ in 0..10 {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &connect, "-tls1_2", "-servername", "localhost"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _watchdog = Watchdog::over(&child);
        let mut stdin = child.stdin.take().unwrap();
        // It takes this for an order.
        stdin.write_all(b"R\n").unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
        target.ask();
    }
    target.recover(&before);
}
