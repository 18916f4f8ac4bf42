//! Batches, `--from FILE` and `--from -`: good lines are minted, bad ones reported by their number.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::token::{ending_in, signed};
use super::watchdog::Watchdog;
use super::{Call, DEMO, FROM_ENV, call, demo, with_secret};

/// The hint for a bad customer id.
const ID_HINT: &str = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";

/// Returns the tokens of customers, one per line.
fn tokens(ids: &[u64]) -> String {
    ids.iter().map(|id| signed(&format!(r#"{{"user_id":"customer-{id}"}}"#)) + "\n").collect()
}

/// Returns an error line.
fn error(message: &str) -> String {
    format!("stream-token: error: {message}\n")
}

/// Returns the hint for a line that is no id.
fn id_hint() -> String {
    format!("stream-token: hint: {ID_HINT}\n")
}

/// Starts a call whose standard input and output are pipes.
fn start_piped(arguments: &[&str]) -> (Call, Child, Watchdog) {
    let call = with_secret(arguments);
    let mut command = call.command();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let watchdog = Watchdog::over(&child);
    (call, child, watchdog)
}

#[test]
fn issue_mints_for_every_line_of_a_file_or_pipe() {
    let ids = "3\ncustomer-1\n2";
    let file = with_secret(&["issue", "--from", "ids"]).with_file("ids", ids).run();
    file.is(0, &tokens(&[3, 1, 2]), FROM_ENV);
    let pipe = with_secret(&["issue", "--from", "-"]).with_stdin(ids).run();
    pipe.is(0, &tokens(&[3, 1, 2]), FROM_ENV);
}

#[test]
fn csv_header_line_is_skipped() {
    let issued = with_secret(&["-q", "issue", "1", "2", "-o", "csv"]).run().result().to_owned();
    let verified = with_secret(&["-q", "verify", "--from", "-"]).with_stdin(&issued).run();
    assert_eq!((verified.status, verified.stdout.lines().count()), (Some(0), 2), "{verified}");
    let list = with_secret(&["-q", "issue", "--from", "-"]).with_stdin("customer_id\r\n3\r\n1\r\n");
    list.run().is(0, &tokens(&[3, 1]), "");
}

#[test]
fn special_files_are_refused_except_a_shells_pipe() {
    let hint = "a regular file is needed there";
    let pipe = call(&[]);
    let path = pipe.home.path().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for path in [path.to_str().unwrap(), "/dev/zero", "/dev"] {
        for verb in ["issue", "verify"] {
            let error = format!("cannot use {path}: it is not a regular file");
            demo(&["-q", verb, "--from", path]).run().is_refused(2, &error, hint);
        }
    }
    // A shell's <(…) is such a path. The batch is read as it arrives through standard input.
    let substituted = with_secret(&["-q", "issue", "--from", "/dev/stdin"]).with_stdin("3\n");
    substituted.run().is(0, &tokens(&[3]), "");
}

#[test]
fn bad_lines_are_reported_by_number_and_good_ones_minted() {
    let issued = with_secret(&["issue", "--from", "-"]).with_stdin(b"1\nabc\n\xff\xfe\n007\n0\n2\n").run();
    let said = [
        FROM_ENV.to_owned(),
        error("line 2: 'abc' is not a customer id"),
        id_hint(),
        error("line 3: it is not UTF-8"),
        error("line 4: '007' is not a customer id"),
        id_hint(),
        error("line 5: '0' is not a customer id"),
        id_hint(),
    ];
    issued.is(8, &tokens(&[1, 2]), &said.concat());
}

#[test]
fn blank_lines_carriage_returns_and_byte_order_mark_are_skipped() {
    let issued =
        with_secret(&["issue", "--from", "-"]).with_stdin("\u{feff}1\r\n\r\n \t\n  2 \r\n3\r\n").run();
    issued.is(0, &tokens(&[1, 2, 3]), FROM_ENV);
}

#[test]
fn megabyte_line_is_one_bad_line() {
    let ids = format!("{}\n2\n", "1".repeat(1024 * 1024));
    let issued = with_secret(&["issue", "--from", "-"]).with_stdin(ids).run();
    let said = format!("{FROM_ENV}{}", error("line 1: it has more than 8192 bytes"));
    issued.is(8, &tokens(&[2]), &said);
}

#[test]
fn token_or_secret_on_a_line_is_not_echoed() {
    let ids = format!("{}\n{}\n", signed(r#"{"user_id":"customer-1"}"#), "0123456789abcdef".repeat(4));
    let issued = with_secret(&["issue", "--from", "-"]).with_stdin(ids).run();
    let said = [
        FROM_ENV.to_owned(),
        error("line 1: a value of 113 characters is not a customer id"),
        "stream-token: hint: this looks like a token: use 'stream-token verify' or 'stream-token decode'\n"
            .into(),
        error("line 2: a value of 64 characters is not a customer id"),
        id_hint(),
    ];
    issued.is(8, "", &said.concat());
}

#[test]
fn empty_input_mints_nothing_and_succeeds() {
    with_secret(&["issue", "--from", "-"]).run().is(0, "", FROM_ENV);
    with_secret(&["issue", "--from", "-", "-o", "csv"]).with_stdin("\n\n").run().is(
        0,
        "customer_id,user_id,token,expires_at,issued_at\n",
        FROM_ENV,
    );
}

#[test]
fn bad_lines_are_json_with_json_output() {
    let issued = demo(&["-o", "json", "issue", "--from", "-"]).with_stdin("1\n0\n").run();
    let said = format!(
        "{{\"note\":\"{}\"}}\n{{\"error\":{{\"kind\":\"refused\",\"message\":\"line 2: '0' is not a customer id\",\
         \"hint\":\"{ID_HINT}\"}}}}\n",
        DEMO.trim_end().strip_prefix("stream-token: note: ").unwrap(),
    );
    assert!(issued.stdout.starts_with("{\"customer_id\":1,") && issued.stdout.lines().count() == 1);
    issued.is(8, &issued.stdout, &said);
}

#[test]
fn quiet_silences_notes_but_not_bad_lines() {
    let issued = with_secret(&["-q", "issue", "--from", "-"]).with_stdin("1\n0\n").run();
    let said = error("line 2: '0' is not a customer id") + &id_hint();
    issued.is(8, &tokens(&[1]), &said);
}

/// The hint for a file that cannot be opened.
const CHECK_PATH: &str = "stream-token: hint: check the path and who may use it\n";

#[test]
fn unreadable_file_fails_the_call() {
    let missing = error("cannot open ids: No such file or directory (os error 2)");
    let said = format!("{FROM_ENV}{missing}{CHECK_PATH}");
    with_secret(&["issue", "--from", "ids"]).run().is(1, "", &said);
    with_secret(&["verify", "--from", "ids"]).run().is(1, "", &said);
    let folder = error("cannot use .: it is not a regular file");
    let hint = "stream-token: hint: a regular file is needed there\n";
    with_secret(&["issue", "--from", "."]).run().is(2, "", &format!("{FROM_ENV}{folder}{hint}"));
}

#[test]
fn token_or_secret_given_as_a_file_is_not_echoed() {
    let token = signed(r#"{"user_id":"customer-1"}"#);
    let secret = "0123456789abcdef".repeat(4);
    for (value, length) in [(token.as_str(), 113), (secret.as_str(), 64)] {
        let message =
            format!("cannot open a value of {length} characters: No such file or directory (os error 2)");
        let output = with_secret(&["-q", "verify", "--from", value]).run();
        output.is(1, "", &(error(&message) + CHECK_PATH));
    }
}

#[test]
fn verify_prints_number_verdict_and_user_of_every_line() {
    let sound = signed(r#"{"user_id":"customer-1"}"#);
    let batch = [
        sound.clone(),
        String::new(),
        "junk".into(),
        signed(r#"{"user_id":"admin"}"#),
        ending_in(&sound, &"A".repeat(43)),
        signed(r#"{"user_id":"customer-2","exp":1600000000}"#) + "\r",
        signed(r#"{"server":true}"#),
    ];
    let expected = "1\tvalid\tcustomer-1\n3\tmalformed\t-\n4\tnot_a_customer\tadmin\n5\tbad_signature\t-\n\
                6\texpired\tcustomer-2\n7\tserver_token\t-\n";
    let file = with_secret(&["verify", "--from", "tokens"]).with_file("tokens", batch.join("\n")).run();
    file.is(8, expected, FROM_ENV);
    let pipe = with_secret(&["verify", "--from", "-"]).with_stdin(batch.join("\n")).run();
    pipe.is(8, expected, FROM_ENV);
}

#[test]
fn batch_of_valid_tokens_succeeds() {
    let output = with_secret(&["verify", "--from", "-"]).with_stdin(tokens(&[1, 2])).run();
    output.is(0, "1\tvalid\tcustomer-1\n2\tvalid\tcustomer-2\n", FROM_ENV);
}

#[test]
fn verify_options_apply_to_every_line() {
    let arguments = ["verify", "--from", "-", "--customer", "2"];
    let output = with_secret(&arguments).with_stdin(tokens(&[1, 2])).run();
    output.is(8, "1\twrong_customer\tcustomer-1\n2\tvalid\tcustomer-2\n", FROM_ENV);
}

#[test]
fn unreadable_lines_are_malformed_and_noted() {
    let batch = [&b"\xff\xff\n"[..], "x".repeat(10_000).as_bytes()].concat();
    let output = with_secret(&["verify", "--from", "-"]).with_stdin(batch).run();
    let notes = "stream-token: note: line 1: it is not UTF-8\n\
                 stream-token: note: line 2: it has more than 8192 bytes\n";
    output.is(8, "1\tmalformed\t-\n2\tmalformed\t-\n", &format!("{FROM_ENV}{notes}"));
}

#[test]
fn json_batch_lines_are_reports_with_a_line_number() {
    let token = signed(r#"{"user_id":"customer-1","iat":1700000000}"#);
    let arguments = ["-q", "-o", "json", "verify", "--at", "1893456000"];
    let alone = with_secret(&[&arguments[..], &[&token]].concat()).run();
    let batch = format!("\n{token}\njunk\n");
    let output = with_secret(&[&arguments[..], &["--from", "-"]].concat()).with_stdin(batch).run();
    let (first, second) = output.stdout.split_once('\n').unwrap();
    assert_eq!(first, alone.result().trim_end().replacen('{', "{\"line\":2,", 1));
    assert!(second.starts_with("{\"line\":3,\"valid\":false,\"verdict\":\"malformed\","), "{second}");
    output.is(8, &output.stdout, "");
}

#[test]
fn each_piped_line_is_answered_at_once() {
    let (_call, mut child, _watchdog) = start_piped(&["issue", "--from", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for id in [1, 2] {
        writeln!(stdin, "{id}").unwrap();
        assert_eq!(lines.next().unwrap().unwrap() + "\n", tokens(&[id]));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn batch_memory_does_not_grow_with_its_length() {
    let (_call, mut child, _watchdog) = start_piped(&["issue", "--from", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    // The pipe stays open after the last line, so that the process can be measured.
    let feeder = std::thread::spawn(move || {
        (1..=200_000).try_for_each(|id| writeln!(stdin, "{id}")).unwrap();
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut last = String::new();
    for _ in 0..200_000 {
        last.clear();
        stdout.read_line(&mut last).unwrap();
    }
    assert_eq!(last, tokens(&[200_000]));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let kilobytes: u64 = peak.strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(kilobytes < 16 * 1024, "{peak}");
    drop(feeder.join().unwrap());
    assert!(child.wait().unwrap().success());
}
