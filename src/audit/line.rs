//! The line of an entry: written with one order of keys and bounded length, read back strictly.
//!
//! A line is one JSON object of printable text. Foreign strings are cut at [`LONGEST_TEXT`], so that
//! no event, whatever its strings, makes a line longer than [`LONGEST_LINE`].

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;

use super::chain::{END, Frame, HASH, PREV, SEQUENCE, START};
use super::entry::{Actor, Channel, Customers, Deed, Entry, Facts, Outcome};
use super::head::{Hash, Head, LogId};
use super::ranges::Ranges;
use crate::escape::is_unprintable;
use crate::time::{TimeSpec, Timestamp, utc};

/// How many bytes a line has at most, its newline included.
pub const LONGEST_LINE: usize = 16 * 1024;
/// How many bytes of a string, escaped, an entry keeps; what is cut shows as an ellipsis.
pub const LONGEST_TEXT: usize = 512;

/// Where in the chain a line goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The log.
    pub(super) log_id: LogId,
    /// The entry's number.
    pub(super) sequence: u64,
    /// The hash of the entry before.
    pub(super) prev: Hash,
}

impl Place {
    /// Returns the first place of a new log.
    pub(super) fn first(log_id: LogId) -> Self {
        Self { log_id, sequence: 1, prev: Hash::NONE }
    }

    /// Returns the place after an entry.
    pub(super) fn after(head: Head) -> Self {
        Self { log_id: head.log_id, sequence: head.sequence.saturating_add(1), prev: head.hash }
    }
}

/// Appends an entry's line, with its newline, and gives the head that it makes. `time` is as `utc` shows it.
pub(super) fn write(out: &mut Vec<u8>, place: Place, time: &str, facts: &Facts) -> Head {
    let mut line = String::with_capacity(512);
    write_facts(&mut line, time, facts);
    let start = out.len();
    out.extend_from_slice(START);
    out.extend_from_slice(place.log_id.to_string().as_bytes());
    out.extend_from_slice(SEQUENCE);
    out.extend_from_slice(place.sequence.to_string().as_bytes());
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(PREV);
    out.extend_from_slice(&place.prev.to_hex());
    out.push(b'"');
    let hash = Hash::of(&out[start..]);
    out.extend_from_slice(&HASH[1..]);
    out.extend_from_slice(&hash.to_hex());
    out.extend_from_slice(END);
    out.push(b'\n');
    Head { log_id: place.log_id, sequence: place.sequence, hash }
}

/// Writes the keys between `sequence` and `prev`.
fn write_facts(line: &mut String, time: &str, facts: &Facts) {
    text(line, ",\"time\":", Some(time));
    text(line, ",\"actor\":{\"user\":", Some(&facts.actor.user));
    text(line, ",\"sudo_user\":", facts.actor.sudo_user.as_deref());
    text(line, "},\"channel\":", Some(facts.channel.name()));
    text(line, ",\"action\":", Some(facts.deed.name()));
    text(line, ",\"profile\":", facts.profile.as_deref());
    match &facts.customers {
        Customers::None => {}
        Customers::One(customer) => number(line, ",\"customer\":", Some(*customer)),
        Customers::Many(ranges) => write_ranges(line, ranges),
    }
    number(line, ",\"expires_at\":", facts.expires_at.map(Timestamp::epoch_seconds));
    text(line, ",\"fingerprint\":", facts.fingerprint.as_deref());
    text(line, ",\"peer\":", facts.peer.as_deref());
    text(line, ",\"request_id\":", facts.request_id.as_deref());
    text(line, ",\"outcome\":", Some(facts.outcome.name()));
    text(line, ",\"reason\":", facts.reason.as_deref());
    number(line, ",\"count\":", facts.count);
    number(line, ",\"previous_bytes\":", facts.previous_bytes);
}

/// Writes exact ranges as `[[1,500],[777,777]]`.
fn write_ranges(line: &mut String, ranges: &Ranges) {
    line.push_str(",\"customers\":[");
    for (at, (first, last)) in ranges.runs().iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(line, "{comma}[{first},{last}]");
    }
    line.push(']');
}

/// Writes a number, if there is one, after its key.
fn number(line: &mut String, key: &str, value: Option<u64>) {
    if let Some(value) = value {
        // Writing to a string cannot fail.
        let _ = write!(line, "{key}{value}");
    }
}

/// Writes a string, if there is one, after its key: escaped, and cut at [`LONGEST_TEXT`].
fn text(line: &mut String, key: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    line.push_str(key);
    line.push('"');
    if value.len() <= LONGEST_TEXT && value.bytes().all(is_plain) {
        line.push_str(value);
        line.push('"');
        return;
    }
    let start = line.len();
    for character in value.chars() {
        let end = line.len();
        escape(line, character);
        if line.len() - start > LONGEST_TEXT {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line.push('"');
}

/// Returns `true` if a byte is a character that no string escapes: most strings have no other.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Writes one character of a JSON string, as printable text.
fn escape(line: &mut String, character: char) {
    match character {
        '"' => line.push_str("\\\""),
        '\\' => line.push_str("\\\\"),
        _ if is_unprintable(character) => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
        _ => line.push(character),
    }
}

/// Reads a line that is as it was written; `None` for any other.
pub(super) fn read(line: &[u8]) -> Option<Entry> {
    let frame = Frame::whole(line)?;
    let wire: Wire<'_> = serde_json::from_slice(line).ok()?;
    let customers = match (wire.customer, wire.customers) {
        (None, None) => Customers::None,
        (Some(one), None) => Customers::One(one),
        (None, Some(runs)) => Customers::Many(Ranges::from_runs(runs)),
        (Some(_), Some(_)) => return None,
    };
    let expires_at = match wire.expires_at {
        Some(seconds) => Some(Timestamp::from_epoch_seconds(seconds)?),
        None => None,
    };
    let facts = Facts {
        actor: Actor { user: wire.actor.user, sudo_user: wire.actor.sudo_user },
        channel: Channel::named(&wire.channel)?,
        deed: Deed::named(&wire.action)?,
        profile: wire.profile,
        customers,
        expires_at,
        fingerprint: wire.fingerprint,
        peer: wire.peer,
        request_id: wire.request_id,
        outcome: Outcome::named(&wire.outcome)?,
        reason: wire.reason,
        count: wire.count,
        previous_bytes: wire.previous_bytes,
    };
    let Head { log_id, sequence, hash } = frame.head;
    Some(Entry { log_id, sequence, time: time(&wire.time)?, facts, prev: frame.prev, hash })
}

/// Reads a time in exactly the form in which it is written.
fn time(text: &str) -> Option<Timestamp> {
    let read = match text.parse::<TimeSpec>() {
        Ok(when) => when.resolve(Timestamp::EPOCH),
        Err(_) => Timestamp::from_epoch_seconds(text.parse().ok()?)?,
    };
    (utc(read) == text).then_some(read)
}

/// A line's keys and values. The frame has checked version, log id, sequence and hashes already.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the frame's keys are named so that no unknown one passes")]
struct Wire<'a> {
    /// The format's version.
    version: u64,
    /// The log.
    log_id: &'a str,
    /// The entry's number.
    sequence: u64,
    /// When.
    #[serde(borrow)]
    time: Cow<'a, str>,
    /// Who.
    actor: WireActor,
    /// By which way.
    #[serde(borrow)]
    channel: Cow<'a, str>,
    /// What.
    #[serde(borrow)]
    action: Cow<'a, str>,
    /// With which profile.
    profile: Option<String>,
    /// For which customer.
    customer: Option<u64>,
    /// For which customers.
    customers: Option<Vec<(u64, u64)>>,
    /// Until when, in epoch seconds.
    expires_at: Option<u64>,
    /// Which token.
    fingerprint: Option<String>,
    /// From where.
    peer: Option<String>,
    /// Which request.
    request_id: Option<String>,
    /// How it ended.
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    /// Why.
    reason: Option<String>,
    /// How many.
    count: Option<u64>,
    /// How much of the segment before belongs to the log.
    previous_bytes: Option<u64>,
    /// The hash of the entry before.
    prev: &'a str,
    /// The entry's hash.
    hash: &'a str,
}

/// An actor's keys and values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireActor {
    /// The user.
    user: String,
    /// The user behind sudo.
    sudo_user: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Action, Event};
    use super::super::ranges::MOST_RANGES;
    use super::*;

    fn actor(user: &str) -> Actor {
        Actor { user: user.into(), sudo_user: None }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn place() -> Place {
        Place::first(LogId::from_hex(b"0123456789abcdef").unwrap())
    }

    fn written(facts: &Facts, time: Timestamp) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, place(), &utc(time), facts);
        assert_eq!(out.pop(), Some(b'\n'));
        out
    }

    #[test]
    fn a_line_has_one_order_of_keys_and_leaves_out_what_is_absent() {
        let event = Event::new(Action::Mint, Channel::Cli, actor("ann"), Outcome::Ok)
            .customer(123)
            .profile("staging")
            .expires_at(at(1_900_000_000))
            .fingerprint("00ff");
        let line = String::from_utf8(written(event.facts(), at(1_893_456_000))).unwrap();
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
    fn an_entry_reads_back_as_it_was_written() {
        let mut ranges = Ranges::new();
        assert!((1..=500).chain([777]).all(|id| ranges.push(id)));
        let actor = Actor { user: "root \"\\\n\u{202e}\u{e0001}é".into(), sudo_user: Some("ann".into()) };
        let event = Event::new(Action::MintBatch, Channel::Serve, actor, Outcome::Refused)
            .customers(ranges)
            .peer("192.0.2.1")
            .request_id("r-1")
            .reason("policy");
        for time in [at(0), at(1_893_456_000), Timestamp::MAX] {
            let line = written(event.facts(), time);
            let entry = read(&line).unwrap();
            assert_eq!((&entry.facts, entry.time, entry.sequence), (event.facts(), time, 1));
            assert!(String::from_utf8(line).unwrap().chars().all(|character| !is_unprintable(character)));
        }
    }

    #[test]
    fn no_event_makes_a_line_longer_than_the_longest() {
        let mut ranges = Ranges::new();
        for id in 0..MOST_RANGES as u64 {
            assert!(ranges.push(u64::MAX - 2 * id));
        }
        for text in ["x".repeat(100_000), "\u{e0001}".repeat(9_999), "\u{1b}".repeat(9_999), "é".repeat(999)]
        {
            let actor = Actor { user: text.clone(), sudo_user: Some(text.clone()) };
            let event = Event::new(Action::MintBatch, Channel::Serve, actor, Outcome::Refused)
                .customers(ranges.clone())
                .expires_at(Timestamp::MAX)
                .profile(text.clone())
                .fingerprint(text.clone())
                .peer(text.clone())
                .request_id(text.clone())
                .reason(text)
                .count(u64::MAX);
            let mut facts = event.facts().clone();
            facts.previous_bytes = Some(u64::MAX);
            let line = written(&facts, at(253_402_300_799));
            assert!(line.len() < LONGEST_LINE, "{}", line.len());
            assert!(read(&line).unwrap().facts.peer.unwrap().ends_with('…'));
        }
    }

    #[test]
    fn a_text_is_cut_only_beyond_its_limit() {
        let mut line = String::new();
        text(&mut line, "", Some(&"x".repeat(512)));
        assert_eq!(line, format!("\"{}\"", "x".repeat(512)));
        line.clear();
        text(&mut line, "", Some(&"x".repeat(513)));
        assert_eq!(line, format!("\"{}…\"", "x".repeat(512)));
    }

    #[test]
    fn a_line_of_another_form_is_no_entry_though_its_hash_is_right() {
        let event = Event::new(Action::Mint, Channel::Cli, actor("ann"), Outcome::Ok).customer(123);
        let line = String::from_utf8(written(event.facts(), at(1_893_456_000))).unwrap();
        let rehashed = |from: &str, to: &str| {
            assert!(line.contains(from));
            let changed = line.replacen(from, to, 1);
            let (hashed, _) = changed.rsplit_once(",\"hash\":").unwrap();
            format!("{hashed},\"hash\":\"{}\"}}", Hash::of(hashed.as_bytes()))
        };
        assert!(read(rehashed("123", "124").as_bytes()).is_some());
        let changes = [
            ("\"version\":1", "\"version\":2"),
            (",\"customer\":123", ",\"customer\":123,\"customer\":124"),
            (",\"customer\":123", ",\"customer\":0123"),
            (",\"customer\":123", ",\"customer\":\"123\""),
            (",\"customer\":123", ",\"customers\":[]"),
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
        ];
        for (from, to) in changes {
            assert!(Frame::read(rehashed(from, to).as_bytes()).is_none(), "{to}");
        }
        assert!(read(rehashed("2030-01-01T", "2030-01-01 ").as_bytes()).is_none());
    }

    #[test]
    fn no_bit_of_a_line_can_be_changed_unseen() {
        let event = Event::new(Action::Refusal, Channel::Serve, actor("ann"), Outcome::Refused);
        let line = written(event.facts(), at(1_893_456_000));
        assert!(read(&line).is_some());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_none(), "byte {at}, bit {bit}");
            }
        }
        assert!(read(&line[..line.len() - 1]).is_none());
        assert!(read(&[&line[..], b" "].concat()).is_none());
    }
}
