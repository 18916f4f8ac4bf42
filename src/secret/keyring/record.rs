//! The record of a profile in the keyring: the current secret, and the previous secrets, which were rotated out.
//!
//! One item contains the whole record, so that a rotation is one write. The record is ASCII JSON of at most
//! [`MAX_RECORD_BYTES`] bytes, because some keyrings accept only text.

use std::iter;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyringErrorKind, MAX_RECORD_BYTES, RECORD_VERSION};
use crate::escape::write_ascii_json;
use crate::secret::{MAX_SECRET_BYTES, Secret};
use crate::time::Timestamp;

/// The current and the previous secrets of an item. In JSON, times are epoch seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRecord {
    /// The version of the format, [`RECORD_VERSION`].
    version: u64,
    /// The number of changes, from 1.
    generation: u64,
    /// The current secret.
    pub current: Current,
    /// The previous secrets, the latest first, including those whose time is over.
    pub previous: Vec<Previous>,
}

/// The current secret, which signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Current {
    /// The generation in which it was stored.
    id: u64,
    /// The secret.
    #[serde(with = "secret_text")]
    pub secret: Secret,
    /// The time at which it became the current secret.
    pub set_at: Timestamp,
}

/// A previous secret, which was rotated out and verifies tokens until [`Previous::kept_until`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The generation in which it was stored.
    id: u64,
    /// The secret.
    #[serde(with = "secret_text")]
    pub secret: Secret,
    /// The time at which it became the current secret.
    pub set_at: Timestamp,
    /// The time at which it was replaced.
    pub replaced_at: Timestamp,
    /// The time until which it is kept.
    pub kept_until: Timestamp,
}

/// The member that all versions of the format share.
#[derive(Deserialize)]
struct VersionJson {
    /// The version.
    version: u64,
}

impl SecretRecord {
    /// Creates the first record of a profile.
    #[must_use]
    pub fn new(secret: Secret, now: Timestamp) -> Self {
        Self {
            version: RECORD_VERSION,
            generation: 1,
            current: Current { id: 1, secret, set_at: now },
            previous: Vec::new(),
        }
    }

    /// Returns the previous secrets that are still kept at `now`, the latest first.
    pub fn kept(&self, now: Timestamp) -> impl Iterator<Item = &Previous> {
        self.previous.iter().filter(move |previous| now < previous.kept_until)
    }

    /// Replaces the current secret, which is dropped.
    #[must_use]
    pub fn with(mut self, secret: Secret, now: Timestamp) -> Self {
        self.generation += 1;
        self.previous.retain(|previous| now < previous.kept_until && previous.secret != secret);
        self.current = Current { id: self.generation, secret, set_at: now };
        self
    }

    /// Replaces the current secret, which is kept for `keep_for`.
    #[must_use]
    pub fn rotated(self, secret: Secret, now: Timestamp, keep_for: Duration) -> Self {
        let Current { id, secret: replaced, set_at } = self.current.clone();
        let kept_until = now.after(keep_for);
        let mut rotated = self.with(secret, now);
        if now < kept_until {
            let previous = Previous { id, secret: replaced, set_at, replaced_at: now, kept_until };
            rotated.previous.insert(0, previous);
        }
        rotated
    }

    /// Drops all previous secrets.
    #[must_use]
    pub fn without_previous(mut self) -> Self {
        self.generation += 1;
        self.previous.clear();
        self
    }

    /// Returns the JSON that a keyring stores.
    ///
    /// # Errors
    /// [`KeyringErrorKind::TooLarge`] if the JSON has more than [`MAX_RECORD_BYTES`] bytes.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeyringErrorKind> {
        // Enough for every record, as a byte of a secret takes at most six bytes: reallocation would leave copies behind.
        let capacity = (1 + self.previous.len()) * (512 + 6 * MAX_SECRET_BYTES);
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        write_ascii_json(&mut *bytes, self).map_err(|_| KeyringErrorKind::Damaged)?;
        if bytes.len() <= MAX_RECORD_BYTES { Ok(bytes) } else { Err(KeyringErrorKind::TooLarge(bytes.len())) }
    }

    /// Parses the content of an item.
    ///
    /// # Errors
    /// [`KeyringErrorKind::Damaged`] if the content is not a valid record, [`KeyringErrorKind::OtherVersion`] if its
    /// version is not supported.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyringErrorKind> {
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(KeyringErrorKind::Damaged);
        }
        // The parser's errors are dropped, because they quote the text.
        let VersionJson { version } = serde_json::from_slice(bytes).map_err(|_| KeyringErrorKind::Damaged)?;
        if version != RECORD_VERSION {
            return Err(KeyringErrorKind::OtherVersion(version));
        }
        let record = serde_json::from_slice(bytes).ok();
        record.filter(Self::is_valid).ok_or(KeyringErrorKind::Damaged)
    }

    /// Returns `true` if the generations decrease from the record to its current secret to each previous secret.
    fn is_valid(&self) -> bool {
        let previous = self.previous.iter().map(|previous| previous.id);
        let ids: Vec<u64> = iter::once(self.current.id).chain(previous).collect();
        (1..Timestamp::MAX.epoch_seconds()).contains(&self.generation)
            && self.generation >= self.current.id
            && !ids.contains(&0)
            && ids.is_sorted_by(|later, earlier| later > earlier)
    }
}

/// Serialization of secrets as JSON strings.
mod secret_text {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use crate::secret::Secret;

    /// Serializes a secret as a string.
    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        let text =
            std::str::from_utf8(secret.expose()).map_err(|_| ser::Error::custom("the secret is not text"))?;
        serializer.serialize_str(text)
    }

    /// Deserializes a secret from a string.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        Secret::new(String::deserialize(deserializer)?.into_bytes()).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.into()).unwrap()
    }

    fn texts<'a>(secrets: impl Iterator<Item = &'a Previous>) -> Vec<String> {
        secrets.map(|previous| String::from_utf8(previous.secret.expose().into()).unwrap()).collect()
    }

    fn read(text: &str) -> Result<SecretRecord, KeyringErrorKind> {
        SecretRecord::parse(text.as_bytes())
    }

    #[test]
    fn record_is_written_as_documented_and_read_back() {
        let record = SecretRecord::new(secret("one"), at(10)).rotated(secret("two"), at(20), DAY);
        let bytes = record.to_bytes().unwrap();
        let text = r#"{"version":1,"generation":2,"current":{"id":2,"secret":"two","set_at":20},"previous":[{"id":1,"secret":"one","set_at":10,"replaced_at":20,"kept_until":86420}]}"#;
        assert_eq!(std::str::from_utf8(&bytes), Ok(text));
        assert_eq!(SecretRecord::parse(&bytes), Ok(record));
    }

    #[test]
    fn rotated_secret_is_kept_until_its_expiry() {
        let record = SecretRecord::new(secret("one"), at(0)).rotated(secret("two"), at(10), DAY);
        assert_eq!(texts(record.kept(at(86_409))), ["one"]);
        assert_eq!(texts(record.kept(at(86_410))), [""; 0]);
        let later = record.rotated(secret("three"), at(86_410), DAY);
        assert_eq!(texts(later.previous.iter()), ["two"]);
    }

    #[test]
    fn rotation_keeps_the_latest_secret_first_and_none_for_zero_seconds() {
        let record = SecretRecord::new(secret("one"), at(0)).rotated(secret("two"), at(1), DAY);
        let record = record.rotated(secret("three"), at(2), DAY);
        assert_eq!(texts(record.kept(at(3))), ["two", "one"]);
        let record = record.rotated(secret("four"), at(3), Duration::ZERO);
        assert_eq!(texts(record.kept(at(3))), ["two", "one"]);
        assert_eq!(texts(record.without_previous().kept(at(3))), [""; 0]);
    }

    #[test]
    fn restored_secret_is_removed_from_the_previous_ones() {
        let record = SecretRecord::new(secret("one"), at(0)).rotated(secret("two"), at(1), DAY);
        let back = record.rotated(secret("one"), at(2), DAY);
        assert_eq!(texts(back.kept(at(3))), ["two"]);
        assert_eq!(SecretRecord::parse(&back.to_bytes().unwrap()), Ok(back));
    }

    #[test]
    fn setting_keeps_rotated_secrets_and_drops_the_current_one() {
        let record = SecretRecord::new(secret("one"), at(0)).rotated(secret("wrong"), at(1), DAY);
        let set = record.with(secret("right"), at(2));
        assert_eq!((set.current.secret.clone(), set.generation), (secret("right"), 3));
        assert_eq!(texts(set.kept(at(3))), ["one"]);
    }

    #[test]
    fn is_written_without_growing_its_buffer() {
        let record = SecretRecord::new(secret(&"\u{7}".repeat(380)), Timestamp::MAX);
        let largest = SecretRecord { generation: u64::MAX, ..record };
        let bytes = largest.to_bytes().unwrap();
        assert!(bytes.len() > 6 * 380, "{}", bytes.len());
        assert_eq!(bytes.capacity(), 512 + 6 * MAX_SECRET_BYTES);
    }

    #[test]
    fn record_is_ascii_for_any_secret() {
        let odd = "pässwörd \u{1f511} \" \\ \u{7} and more";
        let bytes = SecretRecord::new(secret(odd), at(0)).to_bytes().unwrap();
        assert!(bytes.is_ascii());
        assert_eq!(SecretRecord::parse(&bytes).unwrap().current.secret, secret(odd));
    }

    #[test]
    fn has_at_most_the_bytes_that_every_keyring_accepts() {
        let frame = SecretRecord::new(secret("x"), at(0)).to_bytes().unwrap().len() - 1;
        let fits = SecretRecord::new(secret(&"x".repeat(MAX_RECORD_BYTES - frame)), at(0));
        assert_eq!(fits.to_bytes().unwrap().len(), MAX_RECORD_BYTES);
        let over = SecretRecord::new(secret(&"x".repeat(MAX_RECORD_BYTES - frame + 1)), at(0));
        assert_eq!(over.to_bytes(), Err(KeyringErrorKind::TooLarge(MAX_RECORD_BYTES + 1)));
        let padded = |blanks: usize| {
            let mut bytes = fits.to_bytes().unwrap().to_vec();
            bytes.extend(vec![b' '; blanks]);
            SecretRecord::parse(&bytes)
        };
        assert!(padded(0).is_ok());
        assert_eq!(padded(1), Err(KeyringErrorKind::Damaged));
    }

    #[test]
    fn other_versions_are_refused_by_their_number() {
        assert_eq!(read(r#"{"version":2,"vault":[]}"#), Err(KeyringErrorKind::OtherVersion(2)));
        assert_eq!(read(r#"{"version":0}"#), Err(KeyringErrorKind::OtherVersion(0)));
    }

    #[test]
    fn other_content_is_refused_without_echo() {
        for text in [
            "",
            "the-secret-itself",
            "{}",
            r#"{"version":1}"#,
            r#"{"version":"1"}"#,
            r#"{"version":1,"generation":1,"current":{"id":1,"secret":"s","set_at":0},"previous":[],"more":1}"#,
            r#"{"version":1,"generation":1,"current":{"id":1,"secret":"s","set_at":0},"previous":[]} x"#,
            r#"{"version":1,"generation":1,"current":{"id":1,"secret":"s","set_at":-1},"previous":[]}"#,
            r#"{"version":1,"generation":1,"current":{"id":1,"secret":"s","secret":"t","set_at":0},"previous":[]}"#,
            r#"{"version":1,"generation":1,"current":{"id":1,"secret":"s","set_at":9007199254740992},"previous":[]}"#,
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error, KeyringErrorKind::Damaged, "{text}");
        }
        let empty = r#"{"version":1,"generation":1,"current":{"id":1,"secret":"","set_at":0},"previous":[]}"#;
        assert_eq!(read(empty), Err(KeyringErrorKind::Damaged));
    }

    #[test]
    fn contradictory_generations_are_refused() {
        let text = |generation: u64, current: u64, previous: &[u64]| {
            let previous: Vec<_> = previous
                .iter()
                .map(|id| format!(r#"{{"id":{id},"secret":"p","set_at":0,"replaced_at":0,"kept_until":1}}"#))
                .collect();
            format!(
                r#"{{"version":1,"generation":{generation},"current":{{"id":{current},"secret":"s","set_at":0}},"previous":[{}]}}"#,
                previous.join(",")
            )
        };
        assert!(read(&text(5, 5, &[4, 2])).is_ok() && read(&text(6, 5, &[])).is_ok());
        for (generation, current, previous) in [
            (1, 2, &[][..]),
            (0, 0, &[]),
            (1, 0, &[]),
            (3, 3, &[3]),
            (3, 3, &[1, 2]),
            (3, 3, &[1, 1]),
            (u64::MAX, 1, &[]),
        ] {
            assert_eq!(read(&text(generation, current, previous)), Err(KeyringErrorKind::Damaged));
        }
    }

    #[test]
    fn shows_no_secret() {
        let shown = format!("{:?}", SecretRecord::new(secret("hunter2hunter2"), at(0)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
