//! The bodies of the fuzz targets, run over their seeds and over random changes of them.

#[path = "../../fuzz/bodies/audit_reader.rs"]
mod audit_reader;
#[path = "../../fuzz/bodies/config.rs"]
mod config;
#[cfg(feature = "serve")]
#[path = "../../fuzz/bodies/contract_body.rs"]
mod contract_body;
#[path = "../../fuzz/bodies/paste.rs"]
mod paste;
#[path = "../../fuzz/bodies/token_verifier.rs"]
mod token_verifier;

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// The number of inputs made from a target's seeds.
const CASES: u32 = 300;

/// A small change of an input.
#[derive(Debug, Clone)]
enum Change {
    /// Replaces a byte.
    Set(Index, u8),
    /// Inserts a byte.
    Insert(Index, u8),
    /// Removes this many bytes.
    Remove(Index, usize),
    /// Repeats this many bytes.
    Repeat(Index, usize),
    /// Removes the rest.
    Cut(Index),
}

impl Change {
    /// Makes the change.
    fn make(&self, input: &mut Vec<u8>) {
        // The end is a valid position too.
        let length = input.len();
        let at = |index: &Index| index.index(length + 1);
        match self {
            Self::Set(index, byte) if length > 0 => input[index.index(length)] = *byte,
            Self::Set(..) => {}
            Self::Insert(index, byte) => input.insert(at(index), *byte),
            Self::Remove(index, count) => drop(input.drain(at(index)..(at(index) + count).min(length))),
            Self::Repeat(index, count) => {
                let part = input[at(index)..(at(index) + count).min(length)].to_vec();
                input.splice(at(index)..at(index), part);
            }
            Self::Cut(index) => input.truncate(at(index)),
        }
    }
}

/// Makes random changes.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        any::<(Index, u8)>().prop_map(|(index, byte)| Change::Set(index, byte)),
        any::<(Index, u8)>().prop_map(|(index, byte)| Change::Insert(index, byte)),
        (any::<Index>(), 1..400_usize).prop_map(|(index, count)| Change::Remove(index, count)),
        (any::<Index>(), 1..400_usize).prop_map(|(index, count)| Change::Repeat(index, count)),
        any::<Index>().prop_map(Change::Cut),
    ];
    vec(change, 1..4)
}

/// Runs a target's body over its seeds, as they are and changed.
#[track_caller]
fn run(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let seed = |entry: std::io::Result<fs::DirEntry>| fs::read(entry.unwrap().path()).unwrap();
    let seeds: Vec<Vec<u8>> = fs::read_dir(corpus).unwrap().map(seed).collect();
    for seed in &seeds {
        body(seed);
    }
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&(select(seeds), changes()), |(mut input, changes)| {
        for change in &changes {
            change.make(&mut input);
        }
        body(&input);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn audit_log_of_any_bytes_is_continued_without_hiding_damage() {
    run("audit_reader", audit_reader::check);
}

#[test]
fn accepted_tokens_read_the_same_with_another_parser() {
    run("token_verifier", token_verifier::check);
}

#[test]
fn token_found_in_any_text_is_found_in_itself() {
    run("paste", paste::check);
}

#[test]
fn configuration_is_refused_or_keeps_its_profiles_when_edited() {
    run("config", config::check);
}

#[cfg(feature = "serve")]
#[test]
fn accepted_bodies_have_one_plain_customer_id() {
    run("contract_body", contract_body::check);
}
