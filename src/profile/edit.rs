//! Edits of the configuration: made under a lock, atomic, and valid both before and after. Comments and order are kept.
//!
//! A comment directly above a profile or a key is removed with it; a comment followed by a blank line is kept.

use std::path::Path;

use serde::Serialize;
use toml_edit::{Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::config::{Config, read};
use super::{ProfileError, ProfileName};
use crate::escape::path_in_full;
use crate::fs::{self, Lock, LockGuard, Replacement};

/// A key of a profile's table, which may be nested (`policy.production`), and its new value; `None` removes the key.
pub type Edit = (String, Option<Value>);

/// The key that names the default profile.
const DEFAULT: &str = "default_profile";

/// The table of all profiles.
const PROFILES: &str = "profiles";

/// A change to a profile in the configuration.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds the profile with these settings; the first profile becomes the default.
    Add(Vec<Edit>),
    /// Changes these settings of the profile.
    Set(Vec<Edit>),
    /// Makes the profile the default.
    MakeDefault,
    /// Removes the profile, also as the default.
    Remove,
}

/// Returns the edits that give a profile these settings, which serialize as a profile's table.
///
/// # Errors
/// [`ProfileError::Rejected`] if a setting cannot be written as TOML.
pub fn edits(settings: &impl Serialize) -> Result<Vec<Edit>, ProfileError> {
    let settings = toml_edit::ser::to_document(settings);
    let settings = settings.map_err(|error| ProfileError::Rejected(error.to_string()))?;
    let mut edits = Vec::new();
    for (key, item) in settings.iter() {
        match item.as_inline_table() {
            Some(inner) => {
                edits.extend(inner.iter().map(|(part, new)| (format!("{key}.{part}"), Some(new.clone()))));
            }
            None => edits.push((key.to_owned(), item.as_value().cloned())),
        }
    }
    Ok(edits)
}

/// A change that is written to a temporary file and not yet in effect.
///
/// If it is dropped without a commit, the temporary file is removed.
#[derive(Debug)]
pub struct PendingEdit {
    /// The file with the new text.
    replacement: Replacement,
    /// The lock against changes by other processes.
    _lock: LockGuard,
    /// Whether the change has an effect.
    pub(super) is_change: bool,
    /// The configuration after the change.
    pub(super) after: Config,
}

/// Locks the configuration, applies a change to its text, and writes the new text to a temporary file beside it.
///
/// # Errors
/// [`ProfileError`] if the change is not valid, a file cannot be used, or another process holds the lock for ten
/// seconds. Nothing is then changed.
pub fn begin_edit(path: &Path, name: &ProfileName, change: &Change) -> Result<PendingEdit, ProfileError> {
    // A rename would replace a symbolic link instead of its target.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    fs::create_missing_dirs(fs::directory_of(&path))?;
    let lock = Lock::open(fs::path_beside(&path, "lock"))?.acquire()?;
    let text = read(&path)?;
    let before = Config::parse(&text, &path)?;
    let profile = before.require_configured(name);
    match change {
        Change::Add(_) if profile.is_ok() => return Err(ProfileError::Exists(name.clone())),
        Change::Add(_) if !name.is_demo() => {}
        Change::MakeDefault => drop(before.require(name)?),
        Change::Add(_) | Change::Set(_) | Change::Remove => drop(profile?),
    }
    let text = apply(change, name, &text, &before).ok_or_else(|| ProfileError::Invalid {
        place: path_in_full(&path),
        message: "its tables have a form that is changed only by hand".into(),
    })?;
    let after = Config::parse(&text, &path).map_err(|error| match error {
        // The text was valid before, so the error is in the change.
        ProfileError::Invalid { message, .. } => ProfileError::Rejected(message),
        other => other,
    })?;
    let replacement = Replacement::prepare(&path, text.as_bytes())?;
    Ok(PendingEdit { replacement, _lock: lock, is_change: before != after, after })
}

impl PendingEdit {
    /// Replaces the configuration, and returns the new one.
    ///
    /// # Errors
    /// [`ProfileError::File`]; the configuration is then unchanged, unless only the directory could not be synced.
    pub fn commit(self) -> Result<Config, ProfileError> {
        self.replacement.commit()?;
        Ok(self.after)
    }
}

/// Returns the text of the configuration after a change; `None` if its tables have a form that cannot be edited.
fn apply(change: &Change, name: &ProfileName, text: &str, before: &Config) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    match change {
        Change::Add(edits) => {
            add(&mut document, name)?;
            set(&mut document, name, edits)?;
            if before.default_profile.is_none() && before.names().next().is_none() {
                set_key(document.as_table_mut(), DEFAULT, Some(&name.as_str().into()));
            }
        }
        Change::Set(edits) => set(&mut document, name, edits)?,
        Change::MakeDefault => set_key(document.as_table_mut(), DEFAULT, Some(&name.as_str().into())),
        Change::Remove => {
            remove(&mut document, name)?;
            if before.default_profile.as_ref() == Some(name) {
                unset_default(&mut document);
            }
        }
    }
    Some(document.to_string().trim_start_matches('\n').to_owned())
}

/// Adds a profile without settings after all other profiles.
fn add(document: &mut DocumentMut, name: &ProfileName) -> Option<()> {
    let mut comments = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    if !comments.is_empty() && !comments.ends_with('\n') {
        comments.push('\n');
    }
    let mut table = Table::new();
    table.set_position(Some(isize::MAX));
    table.decor_mut().set_prefix(comments + "\n");
    // The header of an implicit table is not written: this table contains only tables.
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let profiles = document.entry(PROFILES).or_insert(Item::Table(implicit)).as_table_like_mut()?;
    profiles.insert(name.as_str(), Item::Table(table));
    Some(())
}

/// Changes keys of a profile, in standard and in inline tables.
fn set(document: &mut DocumentMut, name: &ProfileName, edits: &[Edit]) -> Option<()> {
    let profiles = document.get_mut(PROFILES)?.as_table_like_mut()?;
    let profile = profiles.get_mut(name.as_str())?.as_table_like_mut()?;
    for (path, new) in edits {
        let Some((outer, key)) = path.split_once('.') else {
            set_key(profile, path, new.as_ref());
            continue;
        };
        let item = profile.entry(outer).or_insert(value(InlineTable::new()));
        let inner = item.as_table_like_mut()?;
        set_key(inner, key, new.as_ref());
        if inner.is_empty() {
            profile.remove(outer);
        } else if let Some(inline) = item.as_inline_table_mut() {
            inline.fmt();
        }
    }
    Some(())
}

/// Changes or removes a key of a table. A changed value keeps the comments around it.
fn set_key(table: &mut dyn TableLike, key: &str, new: Option<&Value>) {
    match (table.get_mut(key).and_then(Item::as_value_mut), new) {
        (Some(present), Some(new)) => {
            let decor = present.decor().clone();
            *present = new.clone();
            *present.decor_mut() = decor;
        }
        (None, Some(new)) => drop(table.insert(key, value(new.clone()))),
        (_, None) => drop(table.remove(key)),
    }
}

/// Removes a profile.
fn remove(document: &mut DocumentMut, name: &ProfileName) -> Option<()> {
    let removed = document.get_mut(PROFILES)?.as_table_like_mut()?.remove(name.as_str())?;
    if let Some(table) = removed.as_table() {
        keep_comments(document, table.decor(), table.position());
    }
    Some(())
}

/// Removes the key that names the default profile.
fn unset_default(document: &mut DocumentMut) {
    let decor = document.key_mut(DEFAULT).map(|key| key.leaf_decor().clone());
    document.remove(DEFAULT);
    keep_comments(document, &decor.unwrap_or_default(), None);
}

/// Keeps the comments above a removed profile or key that a blank line separates from it: moves them above the next
/// profile after `position`, or to the end.
fn keep_comments(document: &mut DocumentMut, removed: &Decor, position: Option<isize>) {
    let Some((apart, _)) = prefix(removed).rsplit_once("\n\n").filter(|(apart, _)| apart.contains('#'))
    else {
        return;
    };
    let profiles = document.get_mut(PROFILES).and_then(Item::as_table_mut);
    let profiles = profiles.into_iter().flat_map(Table::iter_mut);
    let later =
        profiles.filter_map(|(_, item)| item.as_table_mut()).filter(|table| table.position() > position);
    if let Some(next) = later.min_by_key(|table| table.position()) {
        let own = prefix(next.decor()).trim_start_matches('\n').to_owned();
        next.decor_mut().set_prefix(format!("{apart}\n\n{own}"));
    } else {
        let rest = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{apart}\n\n{rest}"));
    }
}

/// Returns the blank lines and comments before a key or a table's header.
fn prefix(decor: &Decor) -> &str {
    decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use tempfile::TempDir;

    use super::*;
    use crate::fs::{FileAction, FileError};

    fn name(text: &str) -> ProfileName {
        text.parse().unwrap()
    }

    /// Returns the edits that give a profile this secret.
    fn secret(source: &str) -> Vec<Edit> {
        vec![("secret".into(), Some(source.into()))]
    }

    fn changed(before: &str, change: impl FnOnce(&mut DocumentMut)) -> String {
        let mut document = before.parse().unwrap();
        change(&mut document);
        document.to_string().trim_start_matches('\n').to_owned()
    }

    fn with(before: &str, added: &str) -> String {
        changed(before, |document| {
            add(document, &name(added)).unwrap();
            set(document, &name(added), &secret("env:X")).unwrap();
        })
    }

    fn without(before: &str, removed: &str) -> String {
        changed(before, |document| remove(document, &name(removed)).unwrap())
    }

    fn with_default(before: &str, default: &str) -> String {
        let before_change = Config::parse(before, Path::new("c.toml")).unwrap();
        apply(&Change::MakeDefault, &name(default), before, &before_change).unwrap()
    }

    const WHOLE: &str = "# heading\n\n# of the key\ndefault_profile = \"a\" # for now\n\n# of a\n[profiles.a] # here\n\
                         secret = \"env:A\" # there\n# in a\n\n# apart\n\n# of b\n[profiles.b]\nsecret=\"env:B\"\n# end\n";

    #[test]
    fn settings_change_in_place_and_keep_comments_and_order() {
        let set = |before: &str, edits: &[(&str, Option<Value>)]| {
            let edits: Vec<_> = edits.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            changed(before, |document| super::set(document, &name("a"), &edits).unwrap())
        };
        let before = "# of a\n[profiles.a] # here\n# of it\nsecret = \"env:A\" # there\napi_key = 'k'\n\n# of b\n[profiles.b]\n";
        let edits = [
            ("secret", Some("env:B".into())),
            ("api_key", None),
            ("base_url", Some("https://b".into())),
            ("policy.production", Some(true.into())),
            ("policy.default_lifetime", Some("1h".into())),
        ];
        let after = "# of a\n[profiles.a] # here\n# of it\nsecret = \"env:B\" # there\nbase_url = \"https://b\"\npolicy = { production = true, default_lifetime = \"1h\" }\n\n# of b\n[profiles.b]\n";
        assert_eq!(set(before, &edits), after);
        let edits =
            [("policy.production", None), ("policy.default_lifetime", None), ("policy.issued_at", None)];
        assert_eq!(
            set(after, &edits),
            after.replace("policy = { production = true, default_lifetime = \"1h\" }\n", "")
        );
        let tables = "[profiles.a]\nsecret = \"env:A\"\n[profiles.a.policy]\n# why\nissued_at = true\n";
        assert_eq!(
            set(tables, &[("policy.production", Some(true.into()))]),
            format!("{tables}production = true\n")
        );
        assert_eq!(set(tables, &[("policy.issued_at", None)]), "[profiles.a]\nsecret = \"env:A\"\n");
        let inline = "profiles = { a = { secret = \"env:A\" } }\n";
        assert_eq!(set(inline, &[("secret", Some("env:B".into()))]), inline.replace(":A", ":B"));
    }

    #[test]
    fn a_profile_is_added_after_all_others_and_their_comments() {
        assert_eq!(with(WHOLE, "c"), format!("{WHOLE}\n[profiles.c]\nsecret = \"env:X\"\n"));
        assert_eq!(with("", "c"), "[profiles.c]\nsecret = \"env:X\"\n");
        assert_eq!(with("# mine", "c"), "# mine\n\n[profiles.c]\nsecret = \"env:X\"\n");
    }

    #[test]
    fn a_profile_is_added_last_even_after_the_policy_of_another() {
        let before = "[profiles.a]\nsecret = \"env:A\"\n[profiles.b]\nsecret = \"env:B\"\n[profiles.a.policy]\nissued_at = true\n# end\n";
        assert_eq!(with(before, "c"), format!("{before}\n[profiles.c]\nsecret = \"env:X\"\n"));
    }

    #[test]
    fn profile_is_added_in_the_form_of_the_others() {
        assert_eq!(
            with("profiles = { a = { secret = \"env:A\" } }\n", "c"),
            "profiles = { a = { secret = \"env:A\" } , c = { secret = \"env:X\" } }\n"
        );
        let dotted = "profiles.a.secret = \"env:A\"\n";
        assert_eq!(with(dotted, "c"), format!("{dotted}\n[profiles.c]\nsecret = \"env:X\"\n"));
        let headed = "[profiles]\na.secret = \"env:A\"\n";
        assert_eq!(with(headed, "c"), format!("{headed}\n[profiles.c]\nsecret = \"env:X\"\n"));
    }

    #[test]
    fn new_default_replaces_the_old_one_and_its_comments() {
        assert_eq!(with_default(WHOLE, "b"), WHOLE.replace("= \"a\"", "= \"b\""));
    }

    #[test]
    fn first_default_is_written_above_all_tables() {
        let table = "[profiles.a]\nsecret = \"env:A\"\n";
        assert_eq!(with_default(table, "a"), format!("default_profile = \"a\"\n{table}"));
        let inline = "profiles = { a = { secret = \"env:A\" } }\n";
        assert_eq!(with_default(inline, "a"), format!("{inline}default_profile = \"a\"\n"));
    }

    #[test]
    fn removing_a_profile_removes_its_own_comments_only() {
        let gone = "# of b\n[profiles.b]\nsecret=\"env:B\"\n";
        assert_eq!(without(WHOLE, "b"), WHOLE.replace(gone, ""));
        let gone = "\n# of a\n[profiles.a] # here\nsecret = \"env:A\" # there\n";
        assert_eq!(without(WHOLE, "a"), WHOLE.replace(gone, ""));
        let heading = "# heading\n\n";
        let table = "[profiles.a]\nsecret = \"env:A\"\n\n[profiles.a.policy]\nissued_at = true\n";
        assert_eq!(without(&format!("{heading}{table}"), "a"), heading);
        let rest = "[profiles.b]\nsecret = \"env:B\"\n";
        assert_eq!(without(&format!("{heading}{table}\n{rest}"), "a"), format!("{heading}{rest}"));
    }

    #[test]
    fn removing_the_default_removes_its_own_comments_only() {
        let after = changed(WHOLE, unset_default);
        assert_eq!(after, WHOLE.replace("# of the key\ndefault_profile = \"a\" # for now\n\n", ""));
    }

    fn names(place: &TempDir) -> Vec<String> {
        let names = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn adding() -> Change {
        Change::Add(secret("env:A"))
    }

    #[test]
    fn a_pending_edit_has_no_effect_before_its_commit() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let pending = begin_edit(&path, &name("a"), &adding()).unwrap();
        assert!(!path.exists());
        let after = pending.commit().unwrap();
        assert_eq!(after, Config::load(&path).unwrap());
        assert_eq!(after.default_profile, Some(name("a")));
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn a_dropped_edit_leaves_the_configuration_and_no_trace() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        begin_edit(&path, &name("a"), &adding()).unwrap().commit().unwrap();
        let before = fs::read(&path).unwrap();
        drop(begin_edit(&path, &name("b"), &adding()).unwrap());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn only_the_first_profile_becomes_the_default_automatically() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let put = |profile: &str, change: &Change| {
            let after = begin_edit(&path, &name(profile), change).unwrap().commit().unwrap();
            after.default_profile.map(|name| name.to_string())
        };
        for (profile, change, default) in [
            ("a", adding(), Some("a")),
            ("b", adding(), Some("a")),
            ("b", Change::MakeDefault, Some("b")),
            ("b", Change::Remove, None),
            ("c", adding(), None),
            ("demo", Change::MakeDefault, Some("demo")),
        ] {
            assert_eq!(put(profile, &change).as_deref(), default, "{profile} {change:?}");
        }
    }

    #[test]
    fn an_edit_that_contradicts_the_configuration_is_refused() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        begin_edit(&path, &name("a"), &adding()).unwrap().commit().unwrap();
        let refused = |profile: &str, change: &Change| begin_edit(&path, &name(profile), change).unwrap_err();
        assert!(matches!(refused("a", &adding()), ProfileError::Exists(_)));
        assert!(matches!(refused("demo", &adding()), ProfileError::BuiltIn));
        assert!(matches!(refused("demo", &Change::Remove), ProfileError::BuiltIn));
        for change in [Change::MakeDefault, Change::Remove] {
            assert!(matches!(refused("b", &change), ProfileError::Missing(_, known) if known == [name("a")]));
        }
    }

    #[test]
    fn a_broken_configuration_is_not_changed() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        fs::write(&path, "a = ").unwrap();
        for change in [adding(), Change::MakeDefault, Change::Remove] {
            assert!(matches!(begin_edit(&path, &name("a"), &change), Err(ProfileError::Invalid { .. })));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "a = ");
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn file_is_private() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        fs::write(&path, "# mine\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        begin_edit(&path, &name("a"), &adding()).unwrap().commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn link_is_followed_and_kept() {
        let place = TempDir::new().unwrap();
        fs::write(place.path().join("c.toml"), "").unwrap();
        for (link, target) in
            [("first", "second"), ("second", "c.toml"), ("round", "about"), ("about", "round")]
        {
            symlink(target, place.path().join(link)).unwrap();
        }
        begin_edit(&place.path().join("first"), &name("a"), &adding()).unwrap().commit().unwrap();
        assert!(place.path().join("first").is_symlink() && place.path().join("second").is_symlink());
        assert_eq!(Config::load(&place.path().join("c.toml")).unwrap().names().count(), 1);
        assert!(matches!(
            begin_edit(&place.path().join("round"), &name("a"), &adding()),
            Err(ProfileError::File(FileError::Io(FileAction::Open, ..)))
        ));
    }
}
