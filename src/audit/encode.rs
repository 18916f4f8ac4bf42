//! Encodes the line of an entry: one JSON object of printable text, in one form of bounded length.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use super::entry::EntryBody;
use super::head::{Hash, Head, LogId};
use crate::escape::{EscapingFormatter, is_unprintable};

/// How many bytes a line has at most, its newline included.
pub const MAX_ENTRY_BYTES: usize = 20 * 1024;

/// Where in the chain a line goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChainPosition {
    /// The log.
    pub(super) log_id: LogId,
    /// The entry's number.
    pub(super) sequence: u64,
    /// The hash of the entry before.
    pub(super) prev: Hash,
}

impl ChainPosition {
    /// Returns the first position of a new log.
    pub(super) fn first(log_id: LogId) -> Self {
        Self { log_id, sequence: 1, prev: Hash::GENESIS }
    }

    /// Returns the position after an entry.
    pub(super) fn after(head: Head) -> Self {
        Self { log_id: head.log_id, sequence: head.sequence.saturating_add(1), prev: head.hash }
    }
}

/// Appends an entry's line, with its newline, and returns the head that it makes. `time` is as `utc` shows it.
pub(super) fn write(
    out: &mut Vec<u8>,
    position: ChainPosition,
    time: &str,
    body: &EntryBody,
) -> io::Result<Head> {
    let ChainPosition { log_id, sequence, prev } = position;
    let start = out.len();
    write!(out, r#"{{"version":1,"log_id":"{log_id}","sequence":{sequence},"time":"{time}""#)?;
    let body_start = out.len();
    body.serialize(&mut Serializer::with_formatter(&mut *out, LogFormatter))?;
    // The keys of the body go on in the object that is open.
    out[body_start] = b',';
    out.pop();
    write!(out, r#","prev":"{prev}""#)?;
    let hash = Hash::of(&out[start..]);
    writeln!(out, r#","hash":"{hash}"}}"#)?;
    Ok(Head { log_id, sequence, hash })
}

/// Encodes a text as it stands in a line, with its quotes.
pub(super) fn text(text: &str) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    text.serialize(&mut Serializer::with_formatter(&mut out, LogFormatter))?;
    Ok(out)
}

/// Escapes what is unprintable, control characters always with four digits.
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
    use super::super::entry::{Action, Actor, Channel, Event, Outcome};
    use super::super::parse::ChainLink;
    use super::super::ranges::{IdRanges, MAX_RANGES};
    use super::*;
    use crate::time::{Timestamp, utc};

    fn actor(user: &str) -> Actor {
        Actor { user: user.into(), sudo_user: None }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn position() -> ChainPosition {
        ChainPosition::first(LogId::from_hex("0123456789abcdef").unwrap())
    }

    fn written(body: &EntryBody, time: Timestamp) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, position(), &utc(time), body).unwrap();
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
        let line = String::from_utf8(written(event.body(), at(1_893_456_000))).unwrap();
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
        let mut ranges = IdRanges::new();
        assert!((1..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let actor = Actor { user: "root \"\\\n\u{202e}\u{e0001}é".into(), sudo_user: Some("ann".into()) };
        let event = Event::new(Action::MintBatch, Channel::Serve, actor, Outcome::Refused)
            .customers(ranges)
            .peer("192.0.2.1")
            .request_id("r-1")
            .session("check_url 0123456789abcdef")
            .reason("policy")
            .purpose(Some(&"\u{e0001}".repeat(200)));
        for time in [at(0), at(1_893_456_000), Timestamp::MAX] {
            let line = written(event.body(), time);
            let entry = ChainLink::parse_whole(&line).unwrap();
            assert_eq!((&entry.body, entry.time, entry.sequence), (event.body(), time, 1));
            assert!(String::from_utf8(line).unwrap().chars().all(|character| !is_unprintable(character)));
        }
    }

    #[test]
    fn no_event_makes_a_line_longer_than_the_longest() {
        let mut ranges = IdRanges::new();
        for id in 0..MAX_RANGES as u64 {
            assert!(ranges.insert_next(u64::MAX - 2 * id));
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
                .session(text.clone())
                .reason(text.clone())
                .purpose(Some(&text))
                .count(u64::MAX);
            let mut body = event.body().clone();
            body.previous_bytes = Some(u64::MAX);
            body.pruned_up_to =
                Some(Head { sequence: u64::MAX, ..write(&mut Vec::new(), position(), "", &body).unwrap() });
            let line = written(&body, at(253_402_300_799));
            assert!(line.len() < MAX_ENTRY_BYTES, "{}", line.len());
            assert!(ChainLink::parse_whole(&line).unwrap().body.peer.unwrap().ends_with('…'));
        }
    }

    #[test]
    fn a_line_of_another_form_is_no_entry_though_its_hash_is_right() {
        let event = Event::new(Action::Mint, Channel::Cli, actor("ann"), Outcome::Ok).customer(123);
        let line = String::from_utf8(written(event.body(), at(1_893_456_000))).unwrap();
        let rehashed = |from: &str, to: &str| {
            assert!(line.contains(from));
            let changed = line.replacen(from, to, 1);
            let (hashed, _) = changed.rsplit_once(",\"hash\":").unwrap();
            format!("{hashed},\"hash\":\"{}\"}}", Hash::of(hashed.as_bytes()))
        };
        assert!(ChainLink::parse_whole(rehashed("123", "124").as_bytes()).is_some());
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
            assert!(ChainLink::parse(rehashed(from, to).as_bytes()).is_none(), "{to}");
        }
        assert!(ChainLink::parse_whole(rehashed("2030-01-01T", "2030-01-01 ").as_bytes()).is_none());
    }

    #[test]
    fn no_bit_of_a_line_can_be_changed_unseen() {
        let event = Event::new(Action::Refusal, Channel::Serve, actor("ann"), Outcome::Refused);
        let line = written(event.body(), at(1_893_456_000));
        assert!(ChainLink::parse_whole(&line).is_some());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[at] ^= 1 << bit;
                assert!(ChainLink::parse_whole(&changed).is_none(), "byte {at}, bit {bit}");
            }
        }
        assert!(ChainLink::parse_whole(&line[..line.len() - 1]).is_none());
        assert!(ChainLink::parse_whole(&[&line[..], b" "].concat()).is_none());
    }
}
