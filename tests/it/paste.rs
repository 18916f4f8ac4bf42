//! Every paste of `tests/corpus/paste` comes out as `expected.json` says.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stream_token::token::extract;

/// What one paste gives: a token and what was stripped, or an error.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The paste's file, without its extension.
    paste: String,
    /// The token.
    token: Option<String>,
    /// What was stripped, in the words a person is told.
    stripped: Option<Vec<String>>,
    /// The error's message.
    error: Option<String>,
}

/// Returns the folder of the corpus.
fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/paste")
}

/// Reads what is expected of every paste.
fn expected() -> Result<Vec<Expected>, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(corpus().join("expected.json"))?)?)
}

/// Reads a paste and says what it gives.
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
fn finds_in_every_paste_of_the_corpus_what_is_expected() {
    for expected in expected().unwrap() {
        assert_eq!(outcome(&expected.paste).unwrap(), expected);
    }
}

#[test]
fn expects_something_of_every_paste_in_the_corpus() {
    let files = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path());
    let pastes: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(pastes, expected().unwrap().into_iter().map(|expected| expected.paste).collect());
}
