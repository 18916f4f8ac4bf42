//! Entries of the log and their encoding: one JSON object of printable text per line, in one form of bounded length.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use super::head::{Hash, Head, LogId};
use crate::escape::{EscapingFormatter, is_unprintable};
use crate::time::Timestamp;

/// The maximum length of a line in bytes, including its newline.
pub(super) const MAX_ENTRY_BYTES: usize = 40 * 1024;

/// The maximum number of characters of a text field; a longer text is cut and ends with an ellipsis.
const MAX_FIELD_CHARS: usize = 256;

/// The maximum number of ranges in an entry, which keeps its line within the maximum length.
const MAX_RANGES: usize = 256;

/// Declares an enum whose values are named in the log.
macro_rules! string_enum {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $word:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
        pub enum $set { $($(#[$doc])* #[serde(rename = $name)] $word,)* }

        impl $set {
            /// The names in the log, in the order of declaration.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// Returns the value's name in the log.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$word => $name,)* }
            }

            /// Returns the value with this name in the log.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$word),)* _ => None }
            }
        }
    };
}

string_enum! {
    /// The kind of event that an entry records.
    Action {
        /// One token was minted.
        #[default]
        Mint = "mint",
        /// Tokens for a chunk of customers were minted.
        MintBatch = "mint_batch",
        /// Tokens were minted, or a request was answered, to fail on purpose; `reason` names the fault.
        Fault = "fault",
        /// A client or a call was refused.
        Refusal = "refusal",
        /// A summary of further refusals with one reason and address prefix; `count` is their number.
        Refusals = "refusals",
        /// A profile's secret was set.
        SecretSet = "secret_set",
        /// A profile's secret was rotated.
        SecretRotate = "secret_rotate",
        /// A profile's secret was removed.
        SecretRemove = "secret_remove",
        /// A session token was created.
        SessionNew = "session_new",
        /// One or all of a customer's sessions were revoked.
        SessionRevoke = "session_revoke",
        /// A profile was added.
        ProfileAdd = "profile_add",
        /// A profile became the default.
        ProfileDefault = "profile_default",
        /// A profile was changed.
        ProfileChange = "profile_change",
        /// A profile was removed.
        ProfileRemove = "profile_remove",
        /// Old segments were removed; `count` is the number of their entries.
        Pruned = "pruned",
        /// A segment was opened; `reason` is why.
        SegmentOpened = "segment_opened",
        /// A line torn by a crash was ended; `count` is its length in bytes.
        Repaired = "repaired",
        /// The log was found damaged, and a segment opened after the damage.
        ChainBroken = "chain_broken",
    }
}

impl Action {
    /// Returns `true` for an action of the log itself.
    pub const fn is_maintenance(self) -> bool {
        matches!(self, Self::SegmentOpened | Self::Repaired | Self::ChainBroken)
    }
}

string_enum! {
    /// How the caller reached the program.
    Channel {
        /// The command line.
        #[default]
        Cli = "cli",
        /// The endpoint.
        Serve = "serve",
    }
}

string_enum! {
    /// How an action ended.
    Outcome {
        /// The action was carried out.
        #[default]
        Ok = "ok",
        /// The action was refused by a rule.
        Refused = "refused",
        /// The action was allowed, and failed.
        Failed = "failed",
    }
}

/// The user who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Actor {
    /// The operating system's user.
    pub user: String,
    /// The user who ran sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
}

/// The body of an entry, in the order of its keys. An absent value is left out of the line. The default has no values but
/// those that [`Event::new`] sets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Event {
    /// The user who caused the event.
    pub actor: Actor,
    /// The channel through which the caller reached the program.
    pub channel: Channel,
    /// The action.
    pub action: Action,
    /// The profile's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<u64>,
    /// The customers of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customers: Option<IdRanges>,
    /// The time at which the token or session expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The fingerprint of the token that was created, or of a line that was torn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The client's address, or an address prefix for a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client's session: its id, or how it was checked and its token's fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How the action ended.
    pub outcome: Outcome,
    /// The reason for the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The purpose that the user gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// A number of tokens, of refusals, or of bytes that were torn or left behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// For an opened segment, the number of bytes of the previous segment that belong to the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_bytes: Option<u64>,
    /// The last entry that was pruned, as a [`Head`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned_up_to: Option<String>,
}

impl Event {
    /// Returns an event with the values that every entry has.
    #[must_use]
    pub fn new(action: Action, channel: Channel, actor: Actor, outcome: Outcome) -> Self {
        Self { actor, channel, action, outcome, ..Self::default() }
    }

    /// Adds the profile.
    #[must_use]
    pub fn profile(self, profile: impl Into<String>) -> Self {
        Self { profile: Some(profile.into()), ..self }
    }

    /// Adds the customer.
    #[must_use]
    pub fn customer(self, customer: u64) -> Self {
        Self { customer: Some(customer), ..self }
    }

    /// Adds the reason for the outcome.
    #[must_use]
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Cuts every text to [`MAX_FIELD_CHARS`].
    pub(super) fn cut(mut self) -> Self {
        let Self { actor, profile, fingerprint, peer, request_id, session, reason, purpose, .. } = &mut self;
        let texts = [&mut actor.sudo_user, profile, fingerprint, peer, request_id, session, reason, purpose];
        for text in texts.into_iter().flatten().chain([&mut actor.user]) {
            if let Some((end, _)) = text.char_indices().nth(MAX_FIELD_CHARS) {
                text.truncate(end);
                text.push('…');
            }
        }
        self
    }

    /// Returns `true` if the event is for this customer, alone or in a batch.
    pub fn is_for(&self, customer: u64) -> bool {
        self.customer == Some(customer) || self.customers.as_ref().is_some_and(|ids| ids.contains(customer))
    }

    /// Returns `true` if the event records that sessions were revoked, or that entries which recorded it were pruned.
    pub fn records_revocation(&self) -> bool {
        let records_pruned_ones =
            self.action == Action::Pruned && self.reason.as_deref() == Some(Action::SessionRevoke.name());
        self.outcome == Outcome::Ok && (self.action == Action::SessionRevoke || records_pruned_ones)
    }
}

/// Customer ids in order of insertion, with consecutive ids merged: the first and last id of each range, both
/// inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IdRanges(pub(super) Vec<(u64, u64)>);

impl IdRanges {
    /// Appends an id. Returns `false`, and adds nothing, if that would exceed the maximum number of ranges.
    pub fn insert_next(&mut self, customer: u64) -> bool {
        if let Some((_, last)) = self.0.last_mut()
            && last.checked_add(1) == Some(customer)
        {
            *last = customer;
            return true;
        }
        if self.0.len() >= MAX_RANGES {
            return false;
        }
        self.0.push((customer, customer));
        true
    }

    /// Returns `true` if a range contains the id.
    pub fn contains(&self, customer: u64) -> bool {
        self.iter().any(|(first, last)| (first..=last).contains(&customer))
    }

    /// Iterates over the first and last id of each range, both inclusive.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }
}

/// A fault of a single line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The line is not an entry.
    #[error("is not an entry")]
    Unreadable,
    /// The line was changed after it was written.
    #[error("was changed after it was written")]
    Edited,
    /// The torn line that this entry repaired is not before it.
    #[error("says that the line before was torn, and it is not there")]
    TornLineMissing,
    /// This number of bytes follows the end of the segment that the next segment's first entry states.
    #[error("and {0} bytes were added after the segment's end")]
    AfterTheEnd(u64),
}

/// An entry read back from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id of the log.
    pub log_id: LogId,
    /// The entry's sequence number, from 1.
    pub sequence: u64,
    /// The time at which the entry was written.
    pub time: Timestamp,
    /// The recorded event.
    pub body: Event,
    /// The hash of the previous entry.
    pub prev: Hash,
    /// The hash of this entry.
    pub hash: Hash,
}

impl Entry {
    /// Appends the line of the entry that follows `before`, with its newline, and returns the new head. `time` is
    /// formatted by `utc`.
    pub(super) fn write(out: &mut Vec<u8>, before: Head, time: &str, event: &Event) -> io::Result<Head> {
        let Head { log_id, hash: prev, .. } = before;
        let sequence = before.sequence.saturating_add(1);
        let start = out.len();
        write!(out, r#"{{"version":1,"log_id":"{log_id}","sequence":{sequence},"time":"{time}""#)?;
        let body_start = out.len();
        event.serialize(&mut Serializer::with_formatter(&mut *out, LogFormatter))?;
        // The event's keys continue the object that is already open.
        out[body_start] = b',';
        out.pop();
        write!(out, r#","prev":"{prev}""#)?;
        let hash = Hash::of(&out[start..]);
        writeln!(out, r#","hash":"{hash}"}}"#)?;
        Ok(Head { log_id, sequence, hash })
    }

    /// Returns the entry as a head of the log.
    pub fn head(&self) -> Head {
        Head { log_id: self.log_id, sequence: self.sequence, hash: self.hash }
    }
}

/// Encodes a text as it appears in a line, with its quotes.
pub(super) fn encoded_text(text: &str) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    text.serialize(&mut Serializer::with_formatter(&mut out, LogFormatter))?;
    Ok(out)
}

/// Escapes unprintable characters; control characters always with four digits.
struct LogFormatter;

impl Formatter for LogFormatter {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        EscapingFormatter(is_unprintable).write_string_fragment(writer, fragment)
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        let escape = match escape {
            CharEscape::Backspace => CharEscape::AsciiControl(0x08),
            CharEscape::Tab => CharEscape::AsciiControl(b'\t'),
            CharEscape::LineFeed => CharEscape::AsciiControl(b'\n'),
            CharEscape::FormFeed => CharEscape::AsciiControl(0x0c),
            CharEscape::CarriageReturn => CharEscape::AsciiControl(b'\r'),
            other => other,
        };
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::Hex;
    use super::*;
    use crate::time::utc;

    fn actor(user: &str) -> Actor {
        Actor { user: user.into(), sudo_user: None }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn written(event: &Event, time: Timestamp) -> Vec<u8> {
        let (mut out, log_id) = (Vec::new(), Hex::parse("0123456789abcdef").unwrap());
        Entry::write(&mut out, Head::before_first(log_id), &utc(time), event).unwrap();
        assert_eq!(out.pop(), Some(b'\n'));
        out
    }

    #[test]
    fn keys_have_a_fixed_order_and_absent_ones_are_omitted() {
        let event = Event {
            expires_at: Some(at(1_900_000_000)),
            fingerprint: Some("00ff".into()),
            ..Event::new(Action::Mint, Channel::Cli, actor("ann"), Outcome::Ok)
        };
        let event = event.customer(123).profile("staging");
        let line = String::from_utf8(written(&event, at(1_893_456_000))).unwrap();
        let (hashed, hash) = line.split_once(",\"hash\":").unwrap();
        assert_eq!(
            hashed,
            "{\"version\":1,\"log_id\":\"0123456789abcdef\",\"sequence\":1,\"time\":\"2030-01-01T00:00:00Z\",\
             \"actor\":{\"user\":\"ann\"},\"channel\":\"cli\",\"action\":\"mint\",\"profile\":\"staging\",\
             \"customer\":123,\"expires_at\":1900000000,\"fingerprint\":\"00ff\",\"outcome\":\"ok\",\
             \"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\""
        );
        assert_eq!(hash, format!("\"{}\"}}", Hash::of(hashed.as_bytes())));
    }

    #[test]
    fn entry_reads_back_as_written() {
        let mut ranges = IdRanges::default();
        assert!((1..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let actor = Actor { user: "root \"\\\n\u{202e}\u{e0001}é".into(), sudo_user: Some("ann".into()) };
        let event = Event {
            customers: Some(ranges),
            count: Some(501),
            peer: Some("192.0.2.1".into()),
            request_id: Some("r-1".into()),
            session: Some("check_url 0123456789abcdef".into()),
            reason: Some("policy".into()),
            purpose: Some("\u{e0001}".repeat(200)),
            ..Event::new(Action::MintBatch, Channel::Serve, actor, Outcome::Refused)
        };
        for time in [at(0), at(1_893_456_000), Timestamp::MAX] {
            let line = written(&event, time);
            let entry = Entry::read(&line).unwrap();
            assert_eq!((&entry.body, entry.time, entry.sequence), (&event, time, 1));
            assert!(String::from_utf8(line).unwrap().chars().all(|character| !is_unprintable(character)));
        }
    }

    #[test]
    fn no_event_exceeds_the_longest_line() {
        let mut ranges = IdRanges::default();
        for id in 0..MAX_RANGES as u64 {
            assert!(ranges.insert_next(u64::MAX - 2 * id));
        }
        for text in ["x".repeat(100_000), "\u{e0001}".repeat(9_999), "\u{1b}".repeat(9_999), "é".repeat(999)]
        {
            let texts = || Some(text.clone());
            let event = Event {
                profile: texts(),
                customer: Some(u64::MAX),
                customers: Some(ranges.clone()),
                expires_at: Some(Timestamp::MAX),
                fingerprint: texts(),
                peer: texts(),
                request_id: texts(),
                session: texts(),
                reason: texts(),
                purpose: texts(),
                count: Some(u64::MAX),
                previous_bytes: Some(u64::MAX),
                pruned_up_to: Some("x".repeat(16 + 1 + 20 + 1 + 64)),
                ..Event::new(
                    Action::MintBatch,
                    Channel::Serve,
                    Actor { user: text.clone(), sudo_user: texts() },
                    Outcome::Refused,
                )
            };
            let line = written(&event.cut(), at(253_402_300_799));
            assert!(line.len() < MAX_ENTRY_BYTES, "{}", line.len());
            assert!(Entry::read(&line).unwrap().body.peer.unwrap().ends_with('…'));
        }
    }

    #[test]
    fn text_is_cut_only_beyond_its_limit() {
        let cut =
            |count| Event::new(Action::Mint, Channel::Cli, actor(&"é".repeat(count)), Outcome::Ok).cut();
        assert_eq!(cut(256).actor.user, "é".repeat(256));
        assert_eq!(cut(257).actor.user, "é".repeat(256) + "…");
    }

    #[test]
    fn words_are_read_by_their_exact_names() {
        for name in Action::NAMES {
            assert_eq!(Action::from_name(name).map(Action::name), Some(*name));
        }
        assert_eq!(Action::from_name("minted"), None);
        assert_eq!(Outcome::from_name("refused"), Some(Outcome::Refused));
        assert_eq!(Channel::from_name(""), None);
    }

    #[test]
    fn malformed_line_is_no_entry_even_with_a_correct_hash() {
        let event = Event::new(Action::Mint, Channel::Cli, actor("ann"), Outcome::Ok).customer(123);
        let line = String::from_utf8(written(&event, at(1_893_456_000))).unwrap();
        let rehashed = |from: &str, to: &str| {
            assert!(line.contains(from));
            let changed = line.replacen(from, to, 1);
            let (hashed, _) = changed.rsplit_once(",\"hash\":").unwrap();
            format!("{hashed},\"hash\":\"{}\"}}", Hash::of(hashed.as_bytes()))
        };
        assert!(Entry::read(rehashed("123", "124").as_bytes()).is_ok());
        let changes = [
            ("\"version\":1", "\"version\":2"),
            (",\"customer\":123", ",\"customer\":123,\"customer\":124"),
            (",\"customer\":123", ",\"customer\":0123"),
            (",\"customer\":123", ",\"customer\":\"123\""),
            (",\"customer\":123", ",\"customers\":[[1,2,3]]"),
            (",\"customer\":123", ",\"customers\":[[1,2]"),
            (",\"customer\":123", ",\"unknown\":1"),
            (",\"customer\":123", " ,\"customer\":123"),
            (",\"outcome\":\"ok\"", ""),
            ("\"ok\"", "\"fine\""),
            ("\"mint\"", "\"minted\""),
            ("\"cli\"", "\"tty\""),
            ("\"ann\"", "\"an\u{7}n\""),
            ("\"ann\"", "\"an\\n\""),
            ("\"ann\"", "\"ann"),
            ("2030-01-01T", "2030-01-01 "),
        ];
        for (from, to) in changes {
            assert_eq!(Entry::read(rehashed(from, to).as_bytes()), Err(EntryError::Unreadable), "{to}");
        }
    }

    #[test]
    fn every_flipped_bit_is_detected() {
        let event = Event::new(Action::Refusal, Channel::Serve, actor("ann"), Outcome::Refused);
        let line = written(&event, at(1_893_456_000));
        assert!(Entry::read(&line).is_ok());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[at] ^= 1 << bit;
                assert!(Entry::read(&changed).is_err(), "byte {at}, bit {bit}");
            }
        }
        assert!(Entry::read(&line[..line.len() - 1]).is_err());
        assert!(Entry::read(&[&line[..], b" "].concat()).is_err());
    }

    #[test]
    fn successive_ids_are_merged_into_ranges() {
        let mut ranges = IdRanges::default();
        for id in (1..=500).chain([777, 776, 776, u64::MAX, 1]) {
            assert!(ranges.insert_next(id));
        }
        let expected = [(1, 500), (777, 777), (776, 776), (776, 776), (u64::MAX, u64::MAX), (1, 1)];
        assert!(ranges.iter().eq(expected));
        assert!(ranges.contains(500) && ranges.contains(777) && !ranges.contains(501));
    }

    #[test]
    fn full_list_still_extends_its_last_range() {
        let mut ranges = IdRanges::default();
        for id in 0..256 {
            assert!(ranges.insert_next(id * 10));
        }
        assert!(!ranges.insert_next(9_000));
        assert!(ranges.insert_next(2_551));
        assert_eq!(ranges.iter().last(), Some((2_550, 2_551)));
    }
}
