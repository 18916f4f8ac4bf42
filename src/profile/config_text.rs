//! Changes the text of the configuration, and keeps its comments and its order.
//!
//! A comment right above a profile or a key is removed with it; one above a blank line stays.

use toml_edit::{Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::config::check_base_url;
use super::{Policy, Profile, ProfileName};
use crate::time::humanize;

/// The new value of a key of a profile's table, which may be within another (`policy.production`); `None` removes it.
pub type Edit = (String, Option<Value>);

/// The key that names the default profile.
const DEFAULT: &str = "default_profile";

/// The table of all profiles.
const PROFILES: &str = "profiles";

/// Adds a profile after all others.
pub(super) fn add(document: &mut DocumentMut, name: &ProfileName, profile: &Profile) -> Result<(), String> {
    let table = profile_table(profile)?;
    if let Some(profiles) = document.get_mut(PROFILES).and_then(Item::as_inline_table_mut) {
        profiles.insert(name.as_str(), Value::InlineTable(table.into_inline_table()));
        return Ok(());
    }
    let comments = take_trailing_comment(document);
    // Its header is not written, because it contains only tables.
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let profiles = document.entry(PROFILES).or_insert(Item::Table(implicit));
    let profiles = profiles.as_table_mut().ok_or("profiles is not a table")?;
    let table = profiles.entry(name.as_str()).or_insert(Item::Table(table));
    if let Some(table) = table.as_table_mut() {
        table.set_position(Some(isize::MAX));
        table.decor_mut().set_prefix(comments + "\n");
    }
    Ok(())
}

/// Changes keys of a profile, which has them in tables of either form.
pub(super) fn set(document: &mut DocumentMut, name: &ProfileName, edits: &[Edit]) -> Result<(), String> {
    let profiles = document.get_mut(PROFILES).and_then(Item::as_table_like_mut);
    let profile = profiles.and_then(|profiles| profiles.get_mut(name.as_str())?.as_table_like_mut());
    let profile = profile.ok_or_else(|| format!("{PROFILES}.{name} is not a table"))?;
    for (path, new) in edits {
        let Some((outer, key)) = path.split_once('.') else {
            set_key(profile, path, new.as_ref());
            continue;
        };
        let item = profile.entry(outer).or_insert(value(InlineTable::new()));
        let inner = item.as_table_like_mut().ok_or_else(|| format!("{outer} is not a table"))?;
        set_key(inner, key, new.as_ref());
        if inner.is_empty() {
            profile.remove(outer);
        } else if let Some(inline) = item.as_inline_table_mut() {
            inline.fmt();
        }
    }
    Ok(())
}

/// Changes or removes a key of a table. The comments around it stay with it.
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

/// Makes a profile the default.
pub(super) fn set_default(document: &mut DocumentMut, name: &ProfileName) {
    if let Some(present) = document.get_mut(DEFAULT).and_then(Item::as_value_mut) {
        let decor = present.decor().clone();
        *present = Value::from(name.as_str());
        *present.decor_mut() = decor;
        return;
    }
    // The key goes above the first table, and the heading of the file stays above both.
    let heading = table_after(document, isize::MIN).map(take_leading_comment).unwrap_or_default();
    document.insert(DEFAULT, value(name.as_str()));
    if let Some(mut key) = document.key_mut(DEFAULT) {
        key.leaf_decor_mut().set_prefix(heading);
    }
}

/// Removes a profile. Returns `false` if there is none.
pub(super) fn remove(document: &mut DocumentMut, name: &ProfileName) -> bool {
    let profiles = document.get_mut(PROFILES).and_then(Item::as_table_like_mut);
    let Some(removed) = profiles.and_then(|profiles| profiles.remove(name.as_str())) else { return false };
    if let Some(table) = removed.as_table() {
        let at = table.position().unwrap_or(isize::MIN);
        push_trivia(document, at, split(prefix(table.decor())).0);
    }
    true
}

/// Removes the default.
pub(super) fn unset_default(document: &mut DocumentMut) {
    let heading = document.key_mut(DEFAULT).map(|mut key| split(prefix(key.leaf_decor_mut())).0.to_owned());
    document.remove(DEFAULT);
    push_trivia(document, isize::MIN, &heading.unwrap_or_default());
}

/// Returns the text of the document.
pub(super) fn text(document: &DocumentMut) -> String {
    document.to_string().trim_start_matches('\n').to_owned()
}

/// Inserts comments before the next table after a position, or else at the end.
fn push_trivia(document: &mut DocumentMut, position: isize, comments: &str) {
    if comments.is_empty() {
        return;
    }
    if let Some(next) = table_after(document, position) {
        let own = prefix(next.decor()).trim_start_matches('\n').to_owned();
        next.decor_mut().set_prefix(format!("{comments}{own}"));
    } else {
        let all = format!("{comments}{}", take_trailing_comment(document));
        document.set_trailing(all);
    }
}

/// Removes and returns the comments above a table that do not belong to it, and leaves it a blank line and its own.
fn take_leading_comment(table: &mut Table) -> String {
    let (heading, own) = split(prefix(table.decor()));
    let (heading, own) = (heading.to_owned(), format!("\n{}", own.trim_start_matches('\n')));
    table.decor_mut().set_prefix(own);
    heading
}

/// Removes and returns the comments at the end, each on a line of its own.
fn take_trailing_comment(document: &mut DocumentMut) -> String {
    let mut comments = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    if !comments.is_empty() && !comments.ends_with('\n') {
        comments.push('\n');
    }
    comments
}

/// Returns the blank lines and comments before a key or a table's header.
fn prefix(decor: &Decor) -> &str {
    decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default()
}

/// Splits at the last blank line: the comments above it with the blank line, and those below it, which belong to
/// what follows.
fn split(prefix: &str) -> (&str, &str) {
    let at = prefix.rfind("\n\n").map_or(0, |at| at + 2);
    let (apart, own) = prefix.split_at(at);
    if apart.contains('#') { (apart, own) } else { ("", prefix) }
}

/// Returns the table with the first header after a position.
fn table_after(document: &mut DocumentMut, position: isize) -> Option<&mut Table> {
    let next = position_after(document.as_table(), position)?;
    table_at(document.as_table_mut(), next)
}

/// Returns the first position of a header within a table that is after a position.
fn position_after(table: &Table, position: isize) -> Option<isize> {
    let tables = table.iter().filter_map(|(_, item)| item.as_table());
    let each = tables.flat_map(|table| {
        let own = table.position().filter(|own| *own > position && !table.is_implicit());
        [own, position_after(table, position)]
    });
    each.flatten().min()
}

/// Returns the table within a table whose header has this position.
fn table_at(table: &mut Table, position: isize) -> Option<&mut Table> {
    for (_, item) in table.iter_mut() {
        let Some(table) = item.as_table_mut() else { continue };
        if table.position() == Some(position) && !table.is_implicit() {
            return Some(table);
        }
        if let Some(found) = table_at(table, position) {
            return Some(found);
        }
    }
    None
}

/// Returns a profile's table.
fn profile_table(profile: &Profile) -> Result<Table, String> {
    let mut table = Table::new();
    if let Some(key) = &profile.api_key {
        table.insert("api_key", value(key));
    }
    table.insert("secret", value(profile.source.config_text()));
    if let Some(source) = &profile.session_key {
        table.insert("session_key", value(source.config_text()));
    }
    if let Some(url) = &profile.base_url {
        table.insert("base_url", value(check_base_url(url)?));
    }
    if profile.policy != Policy::default() {
        table.insert("policy", value(policy_of(&profile.policy)));
    }
    if let Some(sessions) = &profile.sessions {
        table.insert("sessions", value(sessions.table().into_iter().collect::<InlineTable>()));
    }
    Ok(table)
}

/// Returns a policy's table.
fn policy_of(policy: &Policy) -> InlineTable {
    let mut table = InlineTable::new();
    for (key, lifetime) in
        [("default_lifetime", policy.default_lifetime), ("longest_lifetime", policy.longest_lifetime)]
    {
        if let Some(lifetime) = lifetime {
            table.insert(key, humanize(lifetime).into());
        }
    }
    for (key, is_set) in [
        ("issued_at", policy.has_issued_at),
        ("production", policy.is_production),
        ("require_reason", policy.requires_reason),
    ] {
        if is_set {
            table.insert(key, true.into());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Source;

    fn name(text: &str) -> ProfileName {
        text.parse().unwrap()
    }

    fn changed(before: &str, change: impl FnOnce(&mut DocumentMut)) -> String {
        let mut document = before.parse().unwrap();
        change(&mut document);
        text(&document)
    }

    fn with(before: &str, added: &str) -> String {
        let profile = Profile::new(Some(name(added)), Source::Env("X".into()));
        changed(before, |document| add(document, &name(added), &profile).unwrap())
    }

    fn without(before: &str, removed: &str) -> String {
        changed(before, |document| assert!(remove(document, &name(removed))))
    }

    fn with_default(before: &str, default: &str) -> String {
        changed(before, |document| set_default(document, &name(default)))
    }

    const WHOLE: &str = "# heading\n\n# of the key\ndefault_profile = \"a\" # for now\n\n# of a\n[profiles.a] # here\n\
                         secret = \"env:A\" # there\n# in a\n\n# apart\n\n# of b\n[profiles.b]\nsecret=\"env:B\"\n# end\n";

    #[test]
    fn settings_are_changed_in_place_and_comments_and_order_stay() {
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
    fn a_profile_is_added_in_whatever_form_the_others_have() {
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
    fn another_default_takes_the_place_of_the_first_and_its_comments() {
        assert_eq!(with_default(WHOLE, "b"), WHOLE.replace("= \"a\"", "= \"b\""));
    }

    #[test]
    fn a_first_default_stands_above_all_tables_and_under_the_heading() {
        let table = "[profiles.a]\nsecret = \"env:A\"\n";
        assert_eq!(with_default(table, "a"), format!("default_profile = \"a\"\n\n{table}"));
        let (heading, own) = ("# heading\n\n", "# of a\n");
        let after = format!("{heading}default_profile = \"a\"\n\n{own}{table}");
        assert_eq!(with_default(&format!("{heading}{own}{table}"), "a"), after);
        let inline = "profiles = { a = { secret = \"env:A\" } }\n";
        assert_eq!(with_default(inline, "a"), format!("{inline}default_profile = \"a\"\n"));
    }

    #[test]
    fn a_removed_profile_takes_its_own_comments_along_and_no_other() {
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
    fn a_default_that_is_gone_takes_its_own_comments_along_and_no_other() {
        let after = changed(WHOLE, unset_default);
        assert_eq!(after, WHOLE.replace("# of the key\ndefault_profile = \"a\" # for now\n\n", ""));
    }

    #[test]
    fn what_is_not_there_cannot_be_removed() {
        for before in ["", WHOLE, "profiles = {}"] {
            changed(before, |document| assert!(!remove(document, &name("c"))));
        }
    }
}
