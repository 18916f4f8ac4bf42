//! Reads arbitrary text as a configuration, and edits it: existing profiles stay.

use std::fs;
use std::path::{Path, PathBuf};

use stream_token::profile::{Change, Config, PendingEdit, Profile, ProfileName, begin_edit};
use stream_token::secret::Source;

/// A directory, in memory if possible; it is removed when it is dropped.
struct MemoryDir(PathBuf);

impl MemoryDir {
    /// Makes an empty directory.
    fn new() -> Self {
        let shared = Path::new("/dev/shm");
        let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        let name = format!("stream-token-config-{}-{:?}", std::process::id(), std::thread::current().id());
        let place = Self(base.join(name));
        // An earlier process may have left one.
        let _ = fs::remove_dir_all(&place.0);
        fs::create_dir_all(&place.0).unwrap();
        place
    }
}

impl Drop for MemoryDir {
    fn drop(&mut self) {
        // Leftovers are in memory, or in the system's directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns every profile.
fn profiles(config: &Config) -> Vec<Profile> {
    config.names().map(|name| config.find(name).unwrap()).collect()
}

/// Takes the input as the text of a configuration.
pub(crate) fn check(data: &[u8]) {
    let place = MemoryDir::new();
    let path = place.0.join("config.toml");
    fs::write(&path, data).unwrap();
    let added: ProfileName = "added-by-the-fuzzer".parse().unwrap();
    let profile =
        Profile { name: Some(added.clone()), source: Source::Env("A".into()), ..Profile::default() };
    let change = |change| begin_edit(&path, &added, &change).and_then(PendingEdit::commit);
    let add = || change(Change::Add(vec![("secret".into(), Some("env:A".into()))]));
    let Ok(before) = Config::load(&path) else {
        assert!(add().is_err(), "a broken configuration was overwritten");
        assert_eq!(fs::read(&path).unwrap(), data);
        return;
    };
    if before.find(&added).is_some() || add().is_err() {
        assert_eq!(fs::read(&path).unwrap(), data);
        return;
    }
    let after = Config::load(&path).unwrap();
    assert_eq!(after.find(&added).map(|found| Profile { is_default: false, ..found }), Some(profile));
    assert_eq!(profiles(&after).len(), profiles(&before).len() + 1);
    change(Change::Remove).unwrap();
    assert_eq!(profiles(&Config::load(&path).unwrap()), profiles(&before));
}
