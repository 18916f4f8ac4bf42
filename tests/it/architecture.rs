//! The architecture: rooms stand on floors, imports run down only, and one room alone names the minter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of every room. Rooms on one floor never import each other.
const FLOORS: [(&str, u8); 19] = [
    ("main", 10),
    ("commands", 9),
    ("cli", 8),
    ("output", 7),
    ("server", 7),
    ("issuer", 6),
    ("session", 6),
    ("profile", 5),
    ("audit", 4),
    ("fault", 4),
    ("verdict", 4),
    ("tls", 3),
    ("token", 3),
    ("secret", 2),
    ("time", 1),
    ("process", 1),
    ("fs", 1),
    ("error", 0),
    ("escape", 0),
];

/// Finds every source file of the program, with its room.
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

/// Returns the name that a path starts with.
fn first_name(path: &str) -> String {
    path.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Finds every import that does not run down.
fn imports_that_do_not_run_down(sources: &[(String, String)], floors: &BTreeMap<&str, u8>) -> Vec<String> {
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
fn rooms_and_floors_match() {
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
    assert_eq!(imports_that_do_not_run_down(&sources, &floors), [""; 0]);
}

#[test]
fn upward_and_sideways_imports_are_found() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let room = |name: &str, source: &str| (name.to_owned(), source.to_owned());
    let sources = [
        room("token", "use crate::secret::Secret;\nuse crate::verdict::Verdict;"),
        room("output", "fn f() { crate::server::x() }"),
        room("issuer", "// crate::commands in a comment\nuse crate::{token::Token, session};"),
        room("secret", "use crate::nowhere::X;"),
    ];
    let wrong = imports_that_do_not_run_down(&sources, &floors);
    assert_eq!(wrong, ["token -> verdict", "output -> server", "issuer -> session", "secret -> nowhere"]);
}

#[test]
fn only_the_issuer_names_the_minter() {
    for (path, room) in
        sources().into_iter().filter(|(_, room)| !["issuer", "token"].contains(&room.as_str()))
    {
        let source = fs::read_to_string(&path).unwrap();
        assert!(!source.contains("Minter"), "{room} names the minter: {}", path.display());
    }
}

#[test]
fn top_level_holds_known_entries_only() {
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
        "packaging",
        "target",
    ];
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name}");
    }
}

/// The sources as modules: the path of each, such as `server::frontend`, and its text without tests.
fn modules() -> BTreeMap<String, String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_test = |path: &Path| {
        let name = path.file_stem().unwrap();
        name == "tests" || name == "testing" || path.parent().unwrap().ends_with("tests")
    };
    let module = |path: &Path| {
        let relative = path.strip_prefix(&top).unwrap().with_extension("");
        let names: Vec<_> = relative.iter().map(|name| name.to_str().unwrap()).collect();
        names.join("::").trim_end_matches("::mod").to_owned()
    };
    let files = sources().into_iter().filter(|(path, _)| !is_test(path));
    files.map(|(path, _)| (module(&path), without_tests(&fs::read_to_string(path).unwrap()))).collect()
}

/// Returns a source without comments and blank lines, up to its module of tests.
fn without_tests(source: &str) -> String {
    let source = source.replace("#[cfg(test)]\nmod tests;", "");
    let tests = source.find("\n#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let lines = source[..tests].lines();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    lines.filter(is_code).collect::<Vec<_>>().join("\n")
}

/// Returns every path that a source imports with `use`, with groups expanded.
fn imports(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for statement in code.split(';').filter_map(|part| part.rsplit_once("use ").map(|(_, path)| path)) {
        // Text in a string or a macro that looks like an import has no balanced groups.
        let (mut prefixes, mut name) = (vec![String::new()], String::new());
        for character in statement.chars().filter(|character| !character.is_whitespace()).chain([',']) {
            let Some(prefix) = prefixes.last().cloned() else { break };
            match character {
                '{' => prefixes.push(prefix + &std::mem::take(&mut name)),
                ',' | '}' => {
                    if !name.is_empty() {
                        paths.push(prefix + &std::mem::take(&mut name));
                    }
                    if character == '}' {
                        prefixes.pop();
                    }
                }
                _ => name.push(character),
            }
        }
    }
    paths
}

/// Returns the module in which a path of another module is defined, through all re-exports.
fn definition(modules: &BTreeMap<String, String>, module: &str, path: &str, depth: usize) -> Option<String> {
    let mut at: Vec<&str> = module.split("::").collect();
    let mut names = path.split("::").peekable();
    match *names.peek()? {
        "crate" => at.clear(),
        "self" | "super" => {}
        name if modules.contains_key(&format!("{module}::{name}")) => {}
        _ => return None,
    }
    let mut rest = Vec::new();
    for name in names {
        match name {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            name => {
                at.push(name);
                if !rest.is_empty() || !modules.contains_key(&at.join("::")) {
                    at.pop();
                    rest.push(name);
                }
            }
        }
    }
    let found = at.join("::");
    let code = modules.get(&found)?;
    let Some(name) = rest.first().filter(|_| depth > 0) else { return Some(found) };
    let exported = imports(code).into_iter().find(|import| import.rsplit("::").next() == Some(name));
    match exported {
        Some(import) => definition(modules, &found, &import, depth - 1).or(Some(found)),
        None => Some(found),
    }
}

/// Finds every pair of modules that import each other.
fn import_cycles(modules: &BTreeMap<String, String>) -> Vec<String> {
    let mut edges = BTreeSet::new();
    for (module, code) in modules {
        for import in imports(code) {
            if let Some(target) = definition(modules, module, &import, 4).filter(|target| target != module) {
                edges.insert((module.clone(), target));
            }
        }
    }
    // A folder's mod.rs and the files in the folder are one room.
    let is_folder = |(from, to): &(String, String)| to.starts_with(&format!("{from}::"));
    let is_mutual = |edge: &&(String, String)| {
        edge.0 < edge.1 && !is_folder(edge) && edges.contains(&(edge.1.clone(), edge.0.clone()))
    };
    edges.iter().filter(is_mutual).map(|(from, to)| format!("{from} <-> {to}")).collect()
}

#[test]
fn no_two_files_import_each_other() {
    assert_eq!(import_cycles(&modules()), [""; 0]);
}

#[test]
fn cycles_are_found_through_groups_and_re_exports() {
    let module = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    let modules = [
        module("a", "pub use self::b::{B, c::C};\nmod b;"),
        module("a::b", "use super::c::C;\npub struct B;"),
        module("a::c", "use std::fmt;\nuse crate::a::{self, B};\npub struct C;"),
    ];
    assert_eq!(import_cycles(&modules.into()), ["a::b <-> a::c"]);
}

/// The most lines of code of rooms, without tests and comments: of the server, and of all.
const MAX_LINES: [(&str, usize); 2] = [("server", 1_900), ("", 14_450)];

#[test]
fn code_stays_within_its_line_limits() {
    for (room, max) in MAX_LINES {
        let is_there = |(module, _): &(&String, &String)| module.starts_with(room);
        let count: usize = modules().iter().filter(is_there).map(|(_, code)| code.lines().count()).sum();
        assert!(count <= max, "{room}: {count} lines of code");
    }
}
