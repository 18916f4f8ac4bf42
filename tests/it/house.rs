//! The house: rooms stand on floors, imports run down only, and one room alone names the minter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of every room. Rooms on one floor never import each other.
const FLOORS: [(&str, u8); 21] = [
    ("main", 8),
    ("commands", 7),
    ("cli", 6),
    ("view", 6),
    ("terminal", 6),
    ("failure", 6),
    ("server", 6),
    ("issuer", 5),
    ("custody", 5),
    ("profile", 4),
    ("audit", 4),
    ("session", 4),
    ("verdict", 4),
    ("tls", 3),
    ("token", 3),
    ("secret", 2),
    ("hygiene", 2),
    ("time", 1),
    ("environment", 1),
    ("disk", 1),
    ("foreign", 0),
];

/// Finds every source file of the program, with the room it stands in.
fn sources() -> Vec<(PathBuf, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&top).unwrap().with_extension("");
                let room = relative.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
                found.push((path, room));
            }
        }
    }
    found
}

/// Finds the rooms that a source names through `crate::` or, from the binary, `stream_token::`.
///
/// Tests inside a room may use any room below; they are held to the floors like the rest.
fn rooms_named(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for root in ["crate::", "stream_token::"] {
        for (at, _) in code.match_indices(root) {
            let path = &code[at + root.len()..];
            if let Some(group) = path.strip_prefix('{') {
                let group = group.split('}').next().unwrap_or_default();
                named.extend(group.split(',').map(|part| first_name(part.trim())));
            } else {
                named.push(first_name(path));
            }
        }
    }
    named
}

/// Gives the name that a path starts with.
fn first_name(path: &str) -> String {
    path.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Finds every import that does not run down.
fn edges_against_the_floors(sources: &[(String, String)], floors: &BTreeMap<&str, u8>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (room, source) in sources {
        for named in rooms_named(source) {
            let (from, to) = (floors[room.as_str()], floors.get(named.as_str()));
            if named != *room && to.is_none_or(|to| *to >= from) {
                wrong.push(format!("{room} -> {named}"));
            }
        }
    }
    wrong
}

#[test]
fn every_room_has_a_floor_and_every_floor_a_room() {
    let mut rooms: Vec<String> =
        sources().into_iter().map(|(_, room)| room).filter(|room| room != "lib").collect();
    rooms.sort();
    rooms.dedup();
    let mut known: Vec<_> = FLOORS.iter().map(|(room, _)| (*room).to_owned()).collect();
    known.sort();
    assert_eq!(rooms, known);
}

#[test]
fn imports_run_down_only() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let sources: Vec<_> = sources()
        .into_iter()
        .filter(|(_, room)| room != "lib")
        .map(|(path, room)| (room, fs::read_to_string(path).unwrap()))
        .collect();
    assert_eq!(edges_against_the_floors(&sources, &floors), [""; 0]);
}

#[test]
fn an_upward_and_a_sideways_import_are_found() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let room = |name: &str, source: &str| (name.to_owned(), source.to_owned());
    let sources = [
        room("token", "use crate::secret::Secret;\nuse crate::verdict::Verdict;"),
        room("view", "fn f() { crate::terminal::x() }"),
        room("issuer", "// crate::commands in a comment\nuse crate::{token::Token, custody};"),
        room("secret", "use crate::nowhere::X;"),
    ];
    let wrong = edges_against_the_floors(&sources, &floors);
    assert_eq!(wrong, ["token -> verdict", "view -> terminal", "issuer -> custody", "secret -> nowhere"]);
}

#[test]
fn only_the_issuer_refers_to_the_signer() {
    for (path, room) in sources().into_iter().filter(|(_, room)| !["issuer", "token"].contains(&room.as_str()))
    {
        let source = fs::read_to_string(&path).unwrap();
        assert!(!source.contains("Minter"), "{room} names the minter: {}", path.display());
    }
}

#[test]
fn the_top_level_holds_what_belongs_there() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "tests",
        "completions",
        "man",
        "README.md",
        "CHANGELOG.md",
        "benches",
        "fuzz",
        "target",
    ];
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name}");
    }
}
