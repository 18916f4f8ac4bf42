//! Deployment: the files in stream-token-serve(1), used exactly as the page has them, and
//! the packages of `packaging/build`.

mod containers;
mod packages;
mod proxies;
mod unit;

use std::fs;
use std::path::Path;

/// Returns the page's blocks in this language.
#[track_caller]
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/sections/stream-token-serve.1.md");
    let page = fs::read_to_string(path).unwrap();
    let fence = format!("\n```{language}\n");
    let opened = page.split(&fence).skip(1);
    opened.map(|rest| rest.split_once("\n```\n").unwrap().0.to_owned() + "\n").collect()
}

/// Returns the page's only block in this language that contains this text.
#[track_caller]
fn block(language: &str, with: &str) -> String {
    let mut found = blocks(language).into_iter().filter(|block| block.contains(with));
    let block = found.next().unwrap();
    assert_eq!(found.next(), None, "another block in {language} with {with}");
    block
}

/// Replaces a text that must occur exactly once.
#[track_caller]
fn swapped(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in\n{text}");
    text.replace(from, to)
}
