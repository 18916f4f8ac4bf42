use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use super::super::testing::{at, customer, id, revoke, session};
use super::*;
use crate::fs::{FileError, FileProblem};
use crate::session::revocation_list::MAX_FILE_BYTES;

fn of_session(number: u32) -> RevocationTarget {
    RevocationTarget::Session(session(number, 5, 100))
}

fn revocations(state: &TempDir) -> Revocations {
    read(&list_path(state.path())).unwrap().unwrap().0
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn repeated_revocation_changes_nothing() {
    let state = TempDir::new().unwrap();
    let revoked = |target| revoke(state.path(), target, at(200)).unwrap();
    assert!(revoked(of_session(1)));
    assert!(!revoked(of_session(1)));
    assert!(!revoked(RevocationTarget::Id(id(1))));
    assert!(revoked(RevocationTarget::Id(id(2))));
    assert!(revoked(RevocationTarget::Customer(customer(5))));
    assert!(!revoked(of_session(3)));
    assert!(revocations(&state).contains(&session(2, 6, 500)));
}

#[test]
fn customer_revocation_covers_clock_differences() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), RevocationTarget::Customer(customer(5)), at(200)).unwrap();
    let ahead = 200 + LEEWAY.as_secs();
    assert!(revocations(&state).contains(&session(1, 5, ahead)));
    assert!(!revocations(&state).contains(&session(1, 5, ahead + 1)));
}

#[test]
fn no_jump_of_the_clock_forgets_a_revocation() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), of_session(1), at(200)).unwrap();
    revoke(state.path(), RevocationTarget::Customer(customer(7)), at(200)).unwrap();
    for now in [Timestamp::MAX, Timestamp::EPOCH, at(300)] {
        revoke(state.path(), RevocationTarget::Customer(customer(8)), now).unwrap();
        assert!(revocations(&state).contains_id(id(1)), "{now:?}");
        assert!(revocations(&state).contains(&session(3, 7, 200)), "{now:?}");
    }
}

#[test]
fn revoke_all_extends_a_list_or_replaces_a_damaged_one() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), of_session(1), at(200)).unwrap();
    revoke(state.path(), RevocationTarget::Everybody, at(300)).unwrap();
    assert!(revocations(&state).contains_id(id(1)) && revocations(&state).contains(&session(9, 9, 300)));
    assert!(!revocations(&state).contains(&session(9, 9, 301 + LEEWAY.as_secs())));
    std::fs::write(list_path(state.path()), "{}").unwrap();
    revoke(state.path(), RevocationTarget::Everybody, at(400)).unwrap();
    assert!(revocations(&state).contains(&session(9, 9, 400)));
}

#[test]
fn list_is_private_and_leaves_no_other_file() {
    let state = TempDir::new().unwrap();
    let directory = state.path().join("sessions");
    revoke(state.path(), of_session(1), at(200)).unwrap();
    std::fs::write(directory.join("revoked.json.new"), "left by a process that was killed").unwrap();
    revoke(state.path(), of_session(2), at(200)).unwrap();
    assert_eq!((mode(&directory), mode(&list_path(state.path()))), (0o700, 0o600));
    let names = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["lock", "revoked.json"]);
}

#[test]
fn a_damaged_list_is_never_overwritten() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), of_session(1), at(200)).unwrap();
    let path = list_path(state.path());
    for text in ["", "{}", r#"{"version":7}"#, &" ".repeat(MAX_FILE_BYTES + 1)] {
        std::fs::write(&path, text).unwrap();
        let error = revoke(state.path(), of_session(2), at(200)).unwrap_err();
        assert!(matches!(error, RevocationListError::Altered(_)), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

/// Asserts that neither reading nor revoking trusts the file or directory.
fn assert_distrusted(state: &TempDir, is_expected: impl Fn(&FileError) -> bool) {
    let revoked = revoke(state.path(), of_session(2), at(200)).unwrap_err();
    let read = read(&list_path(state.path())).unwrap_err();
    for error in [revoked, read] {
        assert!(matches!(&error, RevocationListError::File(error) if is_expected(error)), "{error}");
    }
}

#[test]
fn a_list_that_others_can_write_is_not_trusted() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), of_session(1), at(200)).unwrap();
    for path in [list_path(state.path()), state.path().join("sessions")] {
        let before = mode(&path);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before | 0o022)).unwrap();
        assert_distrusted(
            &state,
            |fault| matches!(fault, FileError::Unfit(_, FileProblem::Writable(mode)) if *mode == before | 0o022),
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before)).unwrap();
    }
    revoke(state.path(), of_session(2), at(200)).unwrap();
}

#[test]
fn links_and_special_files_as_the_list_are_refused() {
    let (state, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for place in [&state, &elsewhere] {
        revoke(place.path(), of_session(1), at(200)).unwrap();
    }
    let path = list_path(state.path());
    std::fs::remove_file(&path).unwrap();
    symlink(list_path(elsewhere.path()), &path).unwrap();
    assert_distrusted(&state, |fault| matches!(fault, FileError::Unfit(_, FileProblem::Symlink)));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_distrusted(&state, |fault| matches!(fault, FileError::Unfit(_, FileProblem::NotRegular)));
    std::fs::remove_dir_all(state.path().join("sessions")).unwrap();
    symlink(elsewhere.path().join("sessions"), state.path().join("sessions")).unwrap();
    assert_distrusted(&state, |fault| matches!(fault, FileError::Unfit(_, FileProblem::Symlink)));
    std::fs::remove_file(state.path().join("sessions")).unwrap();
    std::fs::write(state.path().join("sessions"), "").unwrap();
    assert_distrusted(&state, |fault| matches!(fault, FileError::Unfit(_, FileProblem::NotADirectory)));
}

#[test]
fn full_list_refuses_more_and_is_unchanged() {
    let state = TempDir::new().unwrap();
    revoke(state.path(), of_session(1), at(200)).unwrap();
    let mut full = Revocations::default();
    (0..).map(id).take(MAX_REVOCATIONS).for_each(|id| full.add_session(id));
    let text = full.to_text();
    assert!(text.len() <= MAX_FILE_BYTES);
    std::fs::write(list_path(state.path()), &text).unwrap();
    let error = revoke(state.path(), RevocationTarget::Customer(customer(1)), at(200)).unwrap_err();
    assert!(matches!(error, RevocationListError::Full { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(list_path(state.path())).unwrap(), text);
    revoke(state.path(), RevocationTarget::Everybody, at(200)).unwrap();
    revoke(state.path(), RevocationTarget::Customer(customer(1)), at(200)).unwrap();
}

#[test]
fn concurrent_revocations_are_all_kept() {
    let state = TempDir::new().unwrap();
    thread::scope(|scope| {
        for number in 1..=8 {
            let state = &state;
            scope.spawn(move || revoke(state.path(), of_session(number), at(200)).unwrap());
        }
    });
    assert_eq!(revocations(&state).len(), 8);
}
