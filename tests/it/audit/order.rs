//! The order of writes: an entry is on disk before the first byte of its token is written.

use super::traced::{self, Step, can_trace};
use super::{Log, customers, in_lines};

/// The options of strace: the traced calls, with their data in full.
const TRACE: [&str; 4] = ["-s", "10000000", "-e", "trace=fdatasync,fsync,write,openat"];

/// The check that is skipped where processes cannot be traced.
const UNCHECKED: &str = "that entries are on disk before their tokens come out";

#[test]
fn new_log_and_entry_are_on_disk_before_the_token_is_written() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::new();
    let (output, trace) = traced::run(&log.call(&["-q", "issue", "123"]), &TRACE);
    output.result();
    let shown = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let kinds: Vec<String> = traced::steps(&trace)
        .into_iter()
        .map(|step| match step {
            Step::Synced(path) => path,
            Step::Logged(_) => "log".into(),
            Step::Out(_) => "out".into(),
        })
        .collect();
    let (above, state) = (shown(log.0.path().to_owned()), shown(log.state()));
    let (directory, segment) = (shown(log.directory()), shown(log.segment(1)));
    // The new directories, the directory of the new segment, its entries, and only then the token.
    assert_eq!(kinds, [&above, &state, &state, &directory, "log", &segment, "out"]);
}

#[test]
fn entry_in_an_existing_log_is_on_disk_before_the_token_is_written() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::of_mints(1);
    let (output, trace) = traced::run(&log.call(&["-q", "issue", "123"]), &TRACE);
    let token = output.result().trim_end().to_owned();
    let steps = traced::steps(&trace);
    let [Step::Logged(entry), Step::Synced(segment), Step::Out(out)] = &steps[..] else {
        panic!("{steps:?}");
    };
    assert!(entry.contains(&super::fingerprint(&token)), "{entry}");
    assert_eq!(segment, log.segment(1).to_str().unwrap());
    assert!(out.contains(&token), "{out}");
}

#[test]
fn chunk_entry_is_on_disk_before_its_tokens_are_written() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::of_mints(1);
    let ids = in_lines(1..=10_000);
    let call = log.call(&["-q", "issue", "--from", "ids"]).with_file("ids", ids);
    let (output, trace) = traced::run(&call, &TRACE);
    assert_eq!(output.result().lines().count(), 10_000);
    let (mut written, mut on_disk, mut out) = (0, 0, 0);
    for step in traced::steps(&trace) {
        match step {
            Step::Logged(text) => written += counted(&text),
            Step::Synced(_) => on_disk = written,
            Step::Out(text) => {
                // A token that has begun counts as out.
                out += text.matches("\\n").count();
                let has_begun = !text.trim_end_matches(|character| character != '"').ends_with("\\n\"");
                assert!(out + usize::from(has_begun) <= on_disk, "{out} are out, {on_disk} are on disk");
            }
        }
    }
    assert_eq!((on_disk, out), (10_000, 10_000));
    let entries = log.entries();
    let chunks: Vec<_> = entries.iter().filter(|entry| entry["action"] == "mint_batch").collect();
    assert_eq!(chunks.len(), 3);
    assert_eq!(customers(chunks[0]), [(1, 4096)]);
}

/// Returns the number of tokens in the entries of one write, as strace shows them.
fn counted(text: &str) -> usize {
    let counts = text.split("\\\"count\\\":").skip(1);
    counts.map(|rest| rest.split([',', '}']).next().unwrap().parse::<usize>().unwrap()).sum()
}
