//! Every paste of `tests/corpus/paste` has the outcome in `expected.json`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stream_token::token::extract;

/// The outcome of one paste: a token and the stripped parts, or an error.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The paste's file, without its extension.
    paste: String,
    /// The token.
    token: Option<String>,
    /// The stripped parts, as messages name them.
    stripped: Option<Vec<String>>,
    /// The error's message.
    error: Option<String>,
}

/// Returns the folder of the corpus.
fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/paste")
}

/// Reads the expected outcome of every paste.
fn expected() -> Result<Vec<Expected>, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(corpus().join("expected.json"))?)?)
}

/// Reads a paste and returns its outcome.
fn outcome(paste: &str) -> io::Result<Expected> {
    let text = fs::read_to_string(corpus().join(paste).with_extension("txt"))?;
    let paste = paste.to_owned();
    Ok(match extract(&text) {
        Ok(found) => {
            Expected { paste, token: Some(found.token), stripped: Some(found.stripped), error: None }
        }
        Err(error) => Expected { paste, token: None, stripped: None, error: Some(error.to_string()) },
    })
}

#[test]
fn every_paste_has_its_expected_outcome() {
    for expected in expected().unwrap() {
        assert_eq!(outcome(&expected.paste).unwrap(), expected);
    }
}

#[test]
fn every_paste_has_an_expectation() {
    let files = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path());
    let pastes: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(pastes, expected().unwrap().into_iter().map(|expected| expected.paste).collect());
}
