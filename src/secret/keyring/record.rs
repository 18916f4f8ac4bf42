//! What a keyring holds for a profile: the secret that signs, and those that were rotated away.
//!
//! One item holds all of it, so that a rotation is one write. It is ASCII JSON, because some keyrings
//! take text only, of at most [`LONGEST_RECORD`] bytes, because Windows takes no more.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretError};
use crate::time::Timestamp;

/// The most bytes that a record has: what the Windows Credential Manager takes.
pub const LONGEST_RECORD: usize = 2560;

/// The version of the format that is written, and the only one that is read.
const VERSION: u64 = 1;

/// The secrets of one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts the changes, from 1: whoever writes knows by it whether another wrote in between.
    generation: u64,
    /// The secret that signs.
    current: Current,
    /// Those that were rotated away, the latest first.
    previous: Vec<Previous>,
}

/// The secret that signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// The generation that brought it.
    id: u64,
    /// The secret.
    pub secret: Secret,
    /// Since when it is the current one.
    pub set_at: Timestamp,
}

/// A secret that was rotated away, and still verifies for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The generation that brought it.
    id: u64,
    /// The secret.
    pub secret: Secret,
    /// Since when it was the current one.
    pub set_at: Timestamp,
    /// When it was replaced.
    pub replaced_at: Timestamp,
    /// Until when it is kept.
    pub kept_until: Timestamp,
}

/// Why what a keyring holds is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// It has more than [`LONGEST_RECORD`] bytes.
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It is of a version that this program does not know.
    Version {
        /// Its version.
        found: u64,
    },
    /// It is no JSON of this form.
    Form,
    /// A secret in it is none.
    Secret(SecretError),
    /// Its generations do not go together.
    Generations,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(f, "it has {bytes} bytes, and at most {LONGEST_RECORD} are read")
            }
            Self::Version { found } => {
                write!(f, "it is of version {found}, and this program knows version {VERSION}")
            }
            Self::Form => f.write_str("it is not the JSON that this program writes"),
            Self::Secret(error) => error.fmt(f),
            Self::Generations => f.write_str("its generations do not go together"),
        }
    }
}

impl Error for RecordError {}

/// A record as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordJson<'a> {
    /// [`VERSION`].
    version: u64,
    /// [`Record::generation`].
    generation: u64,
    /// [`Record::current`].
    #[serde(borrow)]
    current: CurrentJson<'a>,
    /// [`Record::previous`].
    #[serde(borrow)]
    previous: Vec<PreviousJson<'a>>,
}

/// A [`Current`] as it is written, times in epoch seconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrentJson<'a> {
    /// [`Current::id`].
    id: u64,
    /// [`Current::secret`].
    #[serde(borrow)]
    secret: Cow<'a, str>,
    /// [`Current::set_at`].
    set_at: u64,
}

/// A [`Previous`] as it is written, times in epoch seconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviousJson<'a> {
    /// [`Previous::id`].
    id: u64,
    /// [`Previous::secret`].
    #[serde(borrow)]
    secret: Cow<'a, str>,
    /// [`Previous::set_at`].
    set_at: u64,
    /// [`Previous::replaced_at`].
    replaced_at: u64,
    /// [`Previous::kept_until`].
    kept_until: u64,
}

/// The one thing that every version of the format says.
#[derive(Deserialize)]
struct VersionJson {
    /// The version.
    version: u64,
}

impl Record {
    /// Makes the first record of a profile.
    #[must_use]
    pub fn new(secret: Secret, now: Timestamp) -> Self {
        Self { generation: 1, current: Current { id: 1, secret, set_at: now }, previous: Vec::new() }
    }

    /// Returns the secret that signs.
    #[must_use]
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// Returns the secrets that were rotated away and are still kept, the latest first.
    pub fn previous(&self, now: Timestamp) -> impl Iterator<Item = &Previous> {
        self.previous.iter().filter(move |previous| now < previous.kept_until)
    }

    /// Returns `true` if it holds no secret but the current one, not even one whose time is over.
    #[must_use]
    pub fn has_no_previous(&self) -> bool {
        self.previous.is_empty()
    }

    /// Puts `secret` in the current one's place, which is kept no longer.
    #[must_use]
    pub fn with(mut self, secret: Secret, now: Timestamp) -> Self {
        self.generation += 1;
        self.previous.retain(|previous| now < previous.kept_until && previous.secret != secret);
        self.current = Current { id: self.generation, secret, set_at: now };
        self
    }

    /// Puts `secret` in the current one's place, which is kept for a while.
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

    /// Keeps no secret but the current one.
    #[must_use]
    pub fn without_previous(mut self) -> Self {
        self.generation += 1;
        self.previous.clear();
        self
    }

    /// Returns the form that a keyring holds.
    ///
    /// # Errors
    /// How many bytes it has, where these are more than [`LONGEST_RECORD`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, usize> {
        let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        let texts: Vec<Zeroizing<String>> =
            self.previous.iter().map(|previous| text(&previous.secret).into()).collect();
        let current = Zeroizing::new(text(&self.current.secret));
        let previous = self.previous.iter().zip(&texts).map(|(previous, secret)| PreviousJson {
            id: previous.id,
            secret: Cow::Borrowed(secret),
            set_at: previous.set_at.epoch_seconds(),
            replaced_at: previous.replaced_at.epoch_seconds(),
            kept_until: previous.kept_until.epoch_seconds(),
        });
        let json = RecordJson {
            version: VERSION,
            generation: self.generation,
            current: CurrentJson {
                id: self.current.id,
                secret: Cow::Borrowed(&current),
                set_at: self.current.set_at.epoch_seconds(),
            },
            previous: previous.collect(),
        };
        let mut room = Bounded { bytes: Zeroizing::new(Vec::with_capacity(LONGEST_RECORD)), wanted: 0 };
        // Writing there cannot fail.
        let _ = json.serialize(&mut Serializer::with_formatter(&mut room, Ascii));
        if room.wanted <= LONGEST_RECORD { Ok(room.bytes) } else { Err(room.wanted) }
    }

    /// Reads what a keyring holds.
    ///
    /// # Errors
    /// [`RecordError`], which holds nothing of the record.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > LONGEST_RECORD {
            return Err(RecordError::TooLong { bytes: bytes.len() });
        }
        // The parser's own errors quote what they found, and so are not kept.
        let VersionJson { version } = serde_json::from_slice(bytes).map_err(|_| RecordError::Form)?;
        if version != VERSION {
            return Err(RecordError::Version { found: version });
        }
        let json: RecordJson<'_> = serde_json::from_slice(bytes).map_err(|_| RecordError::Form)?;
        let current = json.current;
        let current =
            Current { id: current.id, secret: secret(current.secret)?, set_at: moment(current.set_at)? };
        let previous = json.previous.into_iter().map(Previous::try_from).collect::<Result<Vec<_>, _>>()?;
        let record = Self { generation: json.generation, current, previous };
        if record.is_sound() { Ok(record) } else { Err(RecordError::Generations) }
    }

    /// Returns `true` if every secret has an earlier generation than the one after it, and the record the latest.
    fn is_sound(&self) -> bool {
        let ids = [self.generation, self.current.id].into_iter();
        let ids: Vec<u64> = ids.chain(self.previous.iter().map(|previous| previous.id)).collect();
        let is_counted = (1..Timestamp::MAX.epoch_seconds()).contains(&self.generation) && !ids.contains(&0);
        is_counted && ids[0] >= ids[1] && ids[1..].is_sorted_by(|later, earlier| later > earlier)
    }
}

impl TryFrom<PreviousJson<'_>> for Previous {
    type Error = RecordError;

    fn try_from(json: PreviousJson<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            id: json.id,
            secret: secret(json.secret)?,
            set_at: moment(json.set_at)?,
            replaced_at: moment(json.replaced_at)?,
            kept_until: moment(json.kept_until)?,
        })
    }
}

/// Takes a text for a secret.
fn secret(text: Cow<'_, str>) -> Result<Secret, RecordError> {
    Secret::new(text.into_owned().into_bytes()).map_err(RecordError::Secret)
}

/// Takes epoch seconds for a time.
fn moment(seconds: u64) -> Result<Timestamp, RecordError> {
    Timestamp::from_epoch_seconds(seconds).ok_or(RecordError::Form)
}

/// Room for a record, that never grows: what grows leaves copies behind.
struct Bounded {
    /// What was written, as far as there was room.
    bytes: Zeroizing<Vec<u8>>,
    /// How many bytes wanted to be written.
    wanted: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wanted += bytes.len();
        if self.wanted <= LONGEST_RECORD {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes everything that is not ASCII as `\u` escapes.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            if character.is_ascii() {
                writer.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
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

    fn read(text: &str) -> Result<Record, RecordError> {
        Record::parse(text.as_bytes())
    }

    #[test]
    fn is_written_as_it_is_documented_and_read_again() {
        let record = Record::new(secret("one"), at(10)).rotated(secret("two"), at(20), DAY);
        let bytes = record.to_bytes().unwrap();
        let text = r#"{"version":1,"generation":2,"current":{"id":2,"secret":"two","set_at":20},"previous":[{"id":1,"secret":"one","set_at":10,"replaced_at":20,"kept_until":86420}]}"#;
        assert_eq!(std::str::from_utf8(&bytes), Ok(text));
        assert_eq!(Record::parse(&bytes), Ok(record));
    }

    #[test]
    fn a_secret_that_was_rotated_away_is_kept_until_its_time_and_not_longer() {
        let record = Record::new(secret("one"), at(0)).rotated(secret("two"), at(10), DAY);
        assert_eq!(texts(record.previous(at(86_409))), ["one"]);
        assert_eq!(texts(record.previous(at(86_410))), [""; 0]);
        let later = record.rotated(secret("three"), at(86_410), DAY);
        assert_eq!(texts(later.previous.iter()), ["two"]);
    }

    #[test]
    fn rotation_keeps_the_latest_first_and_nothing_for_no_time() {
        let record = Record::new(secret("one"), at(0)).rotated(secret("two"), at(1), DAY);
        let record = record.rotated(secret("three"), at(2), DAY);
        assert_eq!(texts(record.previous(at(3))), ["two", "one"]);
        let record = record.rotated(secret("four"), at(3), Duration::ZERO);
        assert_eq!(texts(record.previous(at(3))), ["two", "one"]);
        assert_eq!(texts(record.without_previous().previous(at(3))), [""; 0]);
    }

    #[test]
    fn a_secret_that_comes_back_is_not_among_the_previous() {
        let record = Record::new(secret("one"), at(0)).rotated(secret("two"), at(1), DAY);
        let back = record.rotated(secret("one"), at(2), DAY);
        assert_eq!(texts(back.previous(at(3))), ["two"]);
        assert_eq!(Record::parse(&back.to_bytes().unwrap()), Ok(back));
    }

    #[test]
    fn setting_keeps_what_was_rotated_away_and_not_what_was_wrong() {
        let record = Record::new(secret("one"), at(0)).rotated(secret("wrong"), at(1), DAY);
        let set = record.with(secret("right"), at(2));
        assert_eq!((set.current.secret.clone(), set.generation), (secret("right"), 3));
        assert_eq!(texts(set.previous(at(3))), ["one"]);
    }

    #[test]
    fn is_ascii_whatever_the_secret_is() {
        let odd = "pässwörd \u{1f511} \" \\ \u{7} and more";
        let bytes = Record::new(secret(odd), at(0)).to_bytes().unwrap();
        assert!(bytes.is_ascii());
        assert_eq!(Record::parse(&bytes).unwrap().current.secret, secret(odd));
    }

    #[test]
    fn takes_as_many_bytes_as_every_keyring_and_not_one_more() {
        let frame = Record::new(secret("x"), at(0)).to_bytes().unwrap().len() - 1;
        let fits = Record::new(secret(&"x".repeat(LONGEST_RECORD - frame)), at(0));
        assert_eq!(fits.to_bytes().unwrap().len(), LONGEST_RECORD);
        let over = Record::new(secret(&"x".repeat(LONGEST_RECORD - frame + 1)), at(0));
        assert_eq!(over.to_bytes(), Err(LONGEST_RECORD + 1));
        let padded = |blanks: usize| {
            let mut bytes = fits.to_bytes().unwrap().to_vec();
            bytes.extend(vec![b' '; blanks]);
            Record::parse(&bytes)
        };
        assert!(padded(0).is_ok());
        assert_eq!(padded(1), Err(RecordError::TooLong { bytes: LONGEST_RECORD + 1 }));
    }

    #[test]
    fn other_versions_are_refused_by_their_number() {
        assert_eq!(read(r#"{"version":2,"vault":[]}"#), Err(RecordError::Version { found: 2 }));
        assert_eq!(read(r#"{"version":0}"#), Err(RecordError::Version { found: 0 }));
    }

    #[test]
    fn what_is_no_record_is_refused_and_not_repeated() {
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
            assert_eq!(error, RecordError::Form, "{text}");
        }
        let empty = r#"{"version":1,"generation":1,"current":{"id":1,"secret":"","set_at":0},"previous":[]}"#;
        assert_eq!(read(empty), Err(RecordError::Secret(SecretError::Empty)));
    }

    #[test]
    fn generations_that_do_not_go_together_are_refused() {
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
            assert_eq!(read(&text(generation, current, previous)), Err(RecordError::Generations));
        }
    }

    #[test]
    fn shows_no_secret() {
        let shown = format!("{:?}", Record::new(secret("hunter2hunter2"), at(0)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
