//! What the README says of running the endpoint as a service: its files, put to use as they stand there.

mod proxies;
mod unit;

use std::fs;
use std::path::Path;

/// Takes a block of the README out of its fence: the one in this language that has this text in it.
#[track_caller]
fn block(language: &str, with: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    let fence = format!("\n```{language}\n");
    let opened = readme.split(&fence).skip(1);
    let mut found =
        opened.map(|rest| rest.split_once("\n```\n").unwrap().0).filter(|block| block.contains(with));
    let block = found.next().unwrap().to_owned() + "\n";
    assert_eq!(found.next(), None, "another block in {language} with {with}");
    block
}

/// Puts one text in the place of another that must be there, once.
#[track_caller]
fn swapped(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in\n{text}");
    text.replace(from, to)
}
