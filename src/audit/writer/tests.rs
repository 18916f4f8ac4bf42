//! Tests of the writer: crashes, failing disks, other writers, and unusable files.

use std::fs;

use super::*;
use crate::audit::testing::{Sabotage, State, clock, mint};
use crate::audit::verify::FindingKind;

/// Returns a writer that has written the entry of one mint.
fn writer(state: &State) -> Writer {
    let mut writer = Writer::open(state.path(), clock(), 1 << 20).unwrap();
    append(&mut writer, 1).unwrap();
    writer
}

fn append(writer: &mut Writer, customer: u64) -> Result<Head, AuditError> {
    let _held = writer.lock()?;
    Ok(writer.append(&[&mint(customer)])?[0])
}

fn sabotaged(write: bool, sync: bool, cut: bool) -> Sabotage {
    Sabotage { write: write.into(), sync: sync.into(), cut: cut.into(), ..Sabotage::default() }
}

fn intact(state: &State) {
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.findings);
}

#[test]
fn next_writer_repairs_a_line_torn_at_any_byte() {
    let state = State::with_entries(3);
    let whole = state.read(1);
    for cut in 0..=whole.len() {
        // A new segment may be left from the previous cut.
        let _ = fs::remove_file(state.segment(2));
        state.write(1, &whole[..cut]);
        state.log().record(mint(9)).unwrap();
        intact(&state);
        let is_torn = state.actions().contains(&"repaired") || state.segment(2).exists();
        let is_clean = cut == 0 || whole[cut - 1] == b'\n';
        assert_eq!(is_torn, !is_clean, "cut at {cut}");
        assert!(!state.actions().contains(&"bad"));
    }
}

#[test]
fn interrupted_repair_is_reported_and_the_log_continues() {
    let state = State::with_entries(3);
    let whole = state.read(1);
    let torn = whole.len() - 100;
    state.write(1, &whole[..torn]);
    state.log().record(mint(9)).unwrap();
    let healed = state.read(1);
    state.write(1, &healed[..torn + 50]);
    state.log().record(mint(10)).unwrap();
    let before = state.findings();
    assert!(before.last().unwrap().contains("a writer found the log damaged"), "{before:?}");
    state.log().record(mint(11)).unwrap();
    assert_eq!(state.findings(), before);
}

#[test]
fn writer_repairs_exactly_what_verify_calls_torn() {
    for (entries, ended) in [0, 2].into_iter().flat_map(|entries| (0..=2).map(move |ended| (entries, ended)))
    {
        let state = State::with_entries(entries);
        let mut bytes = if entries == 0 { Vec::new() } else { state.read(1) };
        bytes.extend(b"{\"version\":1,\n".repeat(ended));
        bytes.extend(b"{\"version\"");
        fs::create_dir_all(state.segment(1).parent().unwrap()).unwrap();
        state.write(1, &bytes);
        let was_intact = state.verify().is_intact();
        assert_eq!(was_intact, ended == 0, "{ended} after {entries}");
        state.log().record(mint(1)).unwrap();
        assert_eq!(state.verify().is_intact(), was_intact, "{ended} after {entries}: {:?}", state.findings());
    }
}

#[test]
fn a_repaired_entry_names_the_bytes_that_were_torn() {
    let state = State::with_entries(3);
    let whole = state.read(1);
    let torn = [&whole[..], b"{\"version\":1,\"log_"].concat();
    state.write(1, &torn);
    state.log().record(mint(9)).unwrap();
    let lines = state.lines(1);
    assert_eq!(lines[3], b"{\"version\":1,\"log_\n");
    let repaired = Entry::read(lines[4].strip_suffix(b"\n").unwrap()).unwrap();
    assert_eq!((repaired.body.count, repaired.sequence), (Some(18), 4));
    assert_eq!(state.verify().repaired, 1);

    let mut changed = lines.clone();
    changed[3][1] = b'x';
    state.write(1, &changed.concat());
    assert_eq!(state.findings(), ["audit-00000001.jsonl, line 4: the line is not an entry"]);
    changed.remove(3);
    state.write(1, &changed.concat());
    let told = "the line says that the line before was torn, and it is not there";
    assert_eq!(state.findings(), [format!("audit-00000001.jsonl, line 4: {told}")]);
}

#[test]
fn other_damage_opens_a_segment_that_records_it() {
    for damage in [&b"no entry\n"[..], b"\n", b"{\"version\":1\"}\ntorn"] {
        let state = State::with_entries(3);
        let whole = state.read(1);
        state.write(1, &[&whole[..], damage].concat());
        let receipt = state.log().record(mint(9)).unwrap();
        assert_eq!(receipt.head().sequence, 5);
        assert_eq!(state.actions().last(), Some(&"mint"));
        assert!(state.actions().contains(&"chain_broken"));
        let faults = state.findings();
        let told = "audit-00000002.jsonl, line 1: a writer found the log damaged before this line";
        assert_eq!(faults.last().unwrap(), told);
        assert!(faults.iter().any(|fault| fault.contains("line 4: the line is not an entry")), "{faults:?}");
    }
}

#[test]
fn next_writer_detects_an_edited_last_line() {
    let state = State::with_entries(3);
    let mut bytes = state.read(1);
    let at = bytes.len() - 200;
    bytes[at] ^= 1;
    state.write(1, &bytes);
    state.log().record(mint(9)).unwrap();
    let kinds: Vec<_> = state.verify().findings.into_iter().map(|fault| fault.kind).collect();
    assert!(matches!(kinds[0], FindingKind::Invalid(_)), "{kinds:?}");
    assert!(kinds.contains(&FindingKind::ChainBroken));
    let before = state.verify().findings;
    state.log().record(mint(10)).unwrap();
    assert_eq!(state.verify().findings, before, "the log goes on after the damage");
}

#[test]
fn writer_detects_that_its_entries_are_gone() {
    let state = State::new();
    let mut writer = writer(&state);
    append(&mut writer, 2).unwrap();
    let lines = state.lines(1);
    state.write(1, &lines[..2].concat());
    assert_eq!(append(&mut writer, 3).unwrap().sequence, 5);
    let told = [
        "audit-00000002.jsonl, line 1: entries 3 to 3 are missing before this line",
        "audit-00000002.jsonl, line 1: a writer found the log damaged before this line",
    ];
    assert_eq!(state.findings(), told);
}

#[test]
fn writer_detects_that_its_log_was_replaced() {
    let state = State::new();
    let mut writer = writer(&state);
    state.write(1, &State::with_entries(5).read(1));
    append(&mut writer, 2).unwrap();
    let kinds: Vec<_> = state.verify().findings.into_iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FindingKind::ChainBroken]);
}

#[test]
fn full_segment_is_followed_by_another() {
    let state = State::new();
    let mut writer = Writer::open(state.path(), clock(), 1000).unwrap();
    for customer in 1..=10 {
        append(&mut writer, customer).unwrap();
    }
    intact(&state);
    assert!(state.read(1).len() >= 1000 && state.read(1).len() < 1500);
    assert!(state.verify().segments > 2);
    let opening = Entry::read(state.lines(2)[0].strip_suffix(b"\n").unwrap()).unwrap();
    assert_eq!(opening.body.reason.as_deref(), Some("size"));
    assert_eq!(opening.body.previous_bytes, Some(state.read(1).len() as u64));
}

#[test]
fn no_segment_follows_the_one_with_the_last_number() {
    for damage in [&b""[..], b"torn", b"damaged\n"] {
        let state = State::with_entries(3);
        let last = state.segment(u32::MAX);
        fs::rename(state.segment(1), &last).unwrap();
        let whole = [&state.read(u32::MAX)[..], damage].concat();
        state.write(u32::MAX, &whole);
        // If only the last line is torn, the segment is repaired and continued.
        if damage == b"torn" {
            state.log().record(mint(9)).unwrap();
        }
        let before = state.read(u32::MAX);
        let mut writer = Writer::open(state.path(), clock(), 1).unwrap();
        let error = append(&mut writer, 9).unwrap_err();
        assert!(matches!(&error, AuditError::Full(path) if *path == last), "{error:?}");
        let files = fs::read_dir(segment::directory(state.path())).unwrap();
        assert_eq!((files.count(), state.read(u32::MAX)), (2, before), "the lock and the segment as it was");
    }
}

#[test]
fn failure_in_the_last_segment_creates_no_other() {
    let state = State::with_entries(3);
    fs::rename(state.segment(1), state.segment(u32::MAX)).unwrap();
    let before = state.read(u32::MAX);
    let mut writer = Writer::open(state.path(), clock(), 1 << 20).unwrap();
    writer.sabotage = sabotaged(false, true, false);
    append(&mut writer, 9).unwrap_err();
    writer.sabotage = Sabotage::default();
    assert!(matches!(append(&mut writer, 9), Err(AuditError::Full(_))));
    assert_eq!(segment::numbers(&segment::directory(state.path())).unwrap(), [u32::MAX]);
    assert_eq!(state.read(u32::MAX), before);
}

#[test]
fn failed_segment_is_recorded_in_the_next() {
    for (sabotage, reason) in
        [(sabotaged(true, false, false), "write_failed"), (sabotaged(false, true, false), "sync_failed")]
    {
        let state = State::new();
        let mut writer = writer(&state);
        let before = state.read(1);
        writer.sabotage = sabotage;
        append(&mut writer, 2).unwrap_err();
        assert_eq!(state.read(1), before);
        intact(&state);
        writer.sabotage = Sabotage::default();
        assert_eq!(append(&mut writer, 3).unwrap().sequence, 4);
        let opening = Entry::read(state.lines(2)[0].strip_suffix(b"\n").unwrap()).unwrap();
        assert_eq!(opening.body.reason.as_deref(), Some(reason));
        intact(&state);
    }
}

#[test]
fn failed_entry_does_not_count_even_if_it_remains() {
    for (write, sync) in [(true, false), (false, true)] {
        let state = State::new();
        let mut writer = writer(&state);
        let before = state.read(1).len();
        writer.sabotage = sabotaged(write, sync, true);
        append(&mut writer, 2).unwrap_err();
        assert!(state.read(1).len() > before);
        writer.sabotage = Sabotage::default();
        append(&mut writer, 3).unwrap();
        intact(&state);
        assert_eq!(state.actions(), ["segment_opened", "mint", "segment_opened", "mint"]);
        let more = [&state.read(1)[..], b"more\n"].concat();
        state.write(1, &more);
        assert_eq!(state.verify().findings.len(), 1, "nothing can be added there unseen");
    }
}

#[test]
fn abandoned_segment_is_not_continued_by_another_writer() {
    let state = State::new();
    let mut one = writer(&state);
    let mut two = Writer::open(state.path(), clock(), 1 << 20).unwrap();
    append(&mut two, 2).unwrap();
    append(&mut one, 3).unwrap();
    let before = state.read(1);
    one.sabotage = sabotaged(false, true, false);
    append(&mut one, 4).unwrap_err();
    append(&mut two, 5).unwrap();
    assert_eq!(state.read(1), before);
    one.sabotage = Sabotage::default();
    assert_eq!(append(&mut one, 6).unwrap().sequence, 7);
    intact(&state);
    assert_eq!(state.verify().segments, 2);
}

#[test]
fn repeated_failures_leave_at_most_one_empty_segment() {
    let state = State::new();
    let mut writer = writer(&state);
    for sabotage in [sabotaged(false, true, false), sabotaged(true, false, false)] {
        writer.sabotage = sabotage;
        (0..10).for_each(|customer| drop(append(&mut writer, customer).unwrap_err()));
        assert_eq!(state.verify().segments, 2);
    }
    writer.sabotage = Sabotage::default();
    append(&mut writer, 3).unwrap();
    intact(&state);
    assert_eq!(state.verify().segments, 2);
}

#[test]
fn new_log_starts_once_the_disk_works() {
    let state = State::new();
    let mut writer = Writer::open(state.path(), clock(), 1 << 20).unwrap();
    writer.sabotage = sabotaged(false, true, false);
    append(&mut writer, 1).unwrap_err();
    writer.sabotage = Sabotage::default();
    assert_eq!(append(&mut writer, 1).unwrap().sequence, 2);
    intact(&state);
}

#[cfg(unix)]
mod on_unix {
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;
    use crate::fs::{FileError, FileProblem};

    fn error_of(state: &State) -> AuditError {
        let mut writer = match Writer::open(state.path(), clock(), 1 << 20) {
            Ok(writer) => writer,
            Err(error) => return error,
        };
        append(&mut writer, 1).unwrap_err()
    }

    fn is_unusable(error: &AuditError, is_expected: impl Fn(&FileError) -> bool) -> bool {
        matches!(error, AuditError::File(error) if is_expected(error))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn files_are_private_from_the_start() {
        let state = State::new();
        let deep = state.path().join("made/too");
        let mut writer = Writer::open(&deep, clock(), 1 << 20).unwrap();
        append(&mut writer, 1).unwrap();
        for directory in ["made", "made/too", "made/too/audit"] {
            assert_eq!(mode(&state.path().join(directory)), 0o700);
        }
        for file in ["lock", "audit-00000001.jsonl"] {
            assert_eq!(mode(&deep.join("audit").join(file)), 0o600);
        }
    }

    #[test]
    fn symbolic_links_are_never_followed() {
        let elsewhere = State::with_entries(2);
        for name in ["", "lock", "audit-00000001.jsonl"] {
            let state = State::new();
            let directory = segment::directory(state.path());
            if !name.is_empty() {
                crate::fs::create_private_dir(&directory).unwrap();
            }
            let link = directory.join(name);
            let link = if name.is_empty() { directory } else { link };
            symlink(segment::directory(elsewhere.path()).join(name), &link).unwrap();
            let error = error_of(&state);
            assert!(
                is_unusable(&error, |fault| matches!(fault, FileError::Unfit(_, FileProblem::Symlink))),
                "{error:?}"
            );
            assert_eq!(error.path(), link);
        }
    }

    #[test]
    fn special_files_are_refused() {
        for name in ["lock", "audit-00000001.jsonl"] {
            let state = State::new();
            let path = segment::directory(state.path()).join(name);
            crate::fs::create_private_dir(&path).unwrap();
            assert!(is_unusable(&error_of(&state), |fault| matches!(
                fault,
                FileError::Unfit(_, FileProblem::NotRegular)
            )));
        }
        let state = State::new();
        fs::write(segment::directory(state.path()), b"").unwrap();
        assert!(is_unusable(&error_of(&state), |fault| matches!(
            fault,
            FileError::Unfit(_, FileProblem::NotADirectory)
        )));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn pipe_is_refused_without_waiting() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        for name in ["lock", "audit-00000001.jsonl"] {
            let state = State::new();
            let directory = segment::directory(state.path());
            crate::fs::create_private_dir(&directory).unwrap();
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, directory.join(name), FileType::Fifo, mode, 0).unwrap();
            assert!(is_unusable(&error_of(&state), |fault| matches!(
                fault,
                FileError::Unfit(_, FileProblem::NotRegular)
            )));
        }
    }

    #[test]
    fn a_directory_without_permission_is_named() {
        let state = State::new();
        let directory = segment::directory(state.path());
        crate::fs::create_private_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).unwrap();
        // Root needs no permission.
        if rustix::process::geteuid().is_root() {
            return;
        }
        let error = error_of(&state);
        let is_denied = |error: &FileError| matches!(error, FileError::Io(_, _, error) if error.kind() == io::ErrorKind::PermissionDenied);
        assert!(is_unusable(&error, is_denied), "{error:?}");
        assert_eq!(error.path(), directory.join("lock"));
    }

    #[test]
    fn files_of_another_user_are_refused() {
        // Only root can give files away.
        if !rustix::process::geteuid().is_root() {
            return;
        }
        for name in ["", "lock", "audit-00000001.jsonl"] {
            let state = State::with_entries(2);
            let path = segment::directory(state.path()).join(name);
            std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
            assert!(is_unusable(&error_of(&state), |fault| matches!(
                fault,
                FileError::Unfit(_, FileProblem::WrongOwner(12_345))
            )));
        }
    }

    #[test]
    fn files_writable_by_others_are_refused() {
        for name in ["", "lock", "audit-00000001.jsonl"] {
            let state = State::with_entries(2);
            let path = segment::directory(state.path()).join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o722)).unwrap();
            assert!(is_unusable(&error_of(&state), |fault| matches!(
                fault,
                FileError::Unfit(_, FileProblem::Writable(0o722))
            )));
        }
    }

    #[test]
    fn replaced_lock_is_reopened() {
        let state = State::new();
        let mut one = writer(&state);
        fs::remove_file(segment::directory(state.path()).join("lock")).unwrap();
        let mut two = Writer::open(state.path(), clock(), 1 << 20).unwrap();
        let held = two.lock().unwrap();
        let there = one.path_of_lock().symlink_metadata().unwrap();
        assert_ne!(crate::fs::file_id(&there), one.lock.id());
        drop(held);
        append(&mut one, 2).unwrap();
        assert_eq!(crate::fs::file_id(&there), one.lock.id());
    }

    impl Writer {
        fn path_of_lock(&self) -> PathBuf {
            self.lock.path().to_owned()
        }
    }

    #[test]
    fn replaced_segment_is_reopened() {
        let state = State::new();
        let mut writer = writer(&state);
        let copy = state.path().join("copy");
        fs::copy(state.segment(1), &copy).unwrap();
        fs::rename(&copy, state.segment(1)).unwrap();
        append(&mut writer, 2).unwrap();
        assert_eq!(state.actions(), ["segment_opened", "mint", "mint"]);
        intact(&state);
    }
}
