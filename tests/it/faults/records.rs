//! TLS after the handshake: records, alerts and ends in the middle of requests.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::client_stream::ClientStream;
use super::running_server::{Protocol, RunningServer, assert_token};
use super::speech::{VERSIONS, client_of};
use super::well_behaved::WellBehavedClients;
use crate::cli::watchdog::Watchdog;
use crate::tools::has;

/// The most key updates to send.
const OFTEN: usize = 100_000;

/// The beginning of a request.
const BEGINNING: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12";

/// Runs `act` with a client of each TLS version, while well-behaved clients ask for tokens.
#[track_caller]
fn with_tls_clients(act: impl Fn(&RunningServer, ClientStream)) {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    for version in VERSIONS {
        for _ in 0..10 {
            act(&target, ClientStream::speaking(client_of(version), target.way.connect_tcp()));
        }
    }
    good.end();
    target.recover(&before);
}

#[test]
fn forged_records_end_the_connection() {
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
        with_tls_clients(|target, mut line| {
            line.send(target.request()).unwrap();
            assert_token(line.reply());
            line.send(BEGINNING).unwrap();
            // The server closes the connection before everything is sent.
            while line.send_raw(&[head, &[0; 1024]].concat()).is_ok() {}
            assert_eq!(line.reply(), None);
        });
    }
}

#[test]
fn alert_or_close_within_a_request_ends_it() {
    let rows: [fn(&mut ClientStream); 3] = [
        // A warning: `close_notify`.
        |line| line.speak(|client| client.send_close_notify()).unwrap(),
        // A fatal alert, because the client reads junk.
        |line| {
            // The server may close the connection before the whole alert is sent.
            let _ = line.speak(|client| {
                client.read_tls(&mut &[0xff; 100][..]).unwrap();
                client.process_new_packets().unwrap_err();
            });
        },
        // The end of the connection without `close_notify`.
        ClientStream::shut_down_abruptly,
    ];
    for end in rows {
        with_tls_clients(|_, mut line| {
            line.send(BEGINNING).unwrap();
            end(&mut line);
            assert_eq!(line.reply(), None);
        });
    }
}

#[test]
fn client_closing_after_a_whole_request_is_answered() {
    with_tls_clients(|target, mut line| {
        line.send(target.request()).unwrap();
        line.shut_down_abruptly();
        assert_token(line.reply());
        assert_eq!(line.reply(), None);
    });
}

#[test]
fn all_requests_in_one_record_are_answered() {
    with_tls_clients(|target, mut line| {
        // Twenty of them fit into one record.
        line.send(target.request().repeat(20)).unwrap();
        for _ in 0..20 {
            assert_token(line.reply());
        }
    });
}

#[test]
fn client_sending_only_key_updates_is_disconnected() {
    let target = RunningServer::speaking(Protocol::Tls);
    let good = WellBehavedClients::beside(&target);
    let mut line = ClientStream::speaking(client_of(VERSIONS[1]), target.way.connect_tcp());
    line.send(target.request()).unwrap();
    assert_token(line.reply());
    let change = |line: &mut ClientStream| line.speak(|client| client.refresh_traffic_keys().unwrap());
    assert!((0..OFTEN).any(|_| change(&mut line).is_err()));
    good.end();
}

#[test]
fn renegotiation_is_refused() {
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
        // `s_client` takes this as the command to renegotiate.
        stdin.write_all(b"R\n").unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
        target.ask();
    }
    target.recover(&before);
}
