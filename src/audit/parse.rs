//! Parses the line of an entry, in exactly the form in which entries are written.
//!
//! The scanner accepts one form of every key, name, number and time. Only a text that is not plain ASCII is encoded
//! again to compare it. Parsing with serde instead makes verifying a log take more than twice as long.

use super::entry::{Action, Actor, Channel, Entry, EntryError, Event, IdRanges, Outcome, encoded_text};
use super::head::{Hash, Hex};
use crate::time::{Timestamp, parse_utc};

impl Entry {
    /// Parses a line without its newline, and checks its hash.
    pub(super) fn read(line: &[u8]) -> Result<Self, EntryError> {
        let parsed = str::from_utf8(line).ok().and_then(parse);
        let (entry, computed) = parsed.ok_or(EntryError::Unreadable)?;
        if entry.hash == computed { Ok(entry) } else { Err(EntryError::Edited) }
    }
}

/// Parses a line into the entry with its stated hash, and the computed hash. Returns `None` if the line is not an
/// entry.
fn parse(line: &str) -> Option<(Entry, Hash)> {
    let mut rest = Scanner(line);
    let log_id = Hex::parse(rest.after(r#"{"version":1,"log_id":""#)?.quoted()?)?;
    let sequence = rest.after(r#","sequence":"#)?.number()?;
    let time = parse_utc(rest.after(r#","time":""#)?.quoted()?)?;
    let body = rest.event()?;
    let prev = Hex::parse(rest.after(r#","prev":""#)?.quoted()?)?;
    let computed = Hash::of(&line.as_bytes()[..line.len() - rest.0.len()]);
    let hash = Hex::parse(rest.after(r#","hash":""#)?.quoted()?)?;
    (rest.0 == "}").then_some((Entry { log_id, sequence, time, body, prev, hash }, computed))
}

/// The rest of a line.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    /// Skips the expected text.
    fn after(&mut self, expected: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(self)
    }

    /// Reads an optional value; an absent value is left out with its key.
    #[expect(clippy::option_option, reason = "the outer one is `None` for a wrong value, the inner for none")]
    fn optional<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.0.strip_prefix(key) {
            Some(rest) => {
                self.0 = rest;
                read(self).map(Some)
            }
            None => Some(None),
        }
    }

    /// Reads up to the next quote.
    fn quoted(&mut self) -> Option<&'a str> {
        let (text, rest) = self.0.split_once('"')?;
        self.0 = rest;
        Some(text)
    }

    /// Reads a string of any characters, up to its closing quote.
    fn text(&mut self) -> Option<String> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let plain = self.0.bytes().take_while(|byte| is_plain(byte)).count();
        if self.0.as_bytes().get(plain) == Some(&b'"') {
            return self.quoted().map(str::to_owned);
        }
        let mut is_escaped = false;
        let end = self.0.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        let (encoded, rest) = self.0.split_at(end + 1);
        self.0 = rest;
        let encoded = format!("\"{encoded}");
        let text: String = serde_json::from_str(&encoded).ok()?;
        (encoded_text(&text).ok()? == encoded.as_bytes()).then_some(text)
    }

    /// Reads a number without leading zeros.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits.parse().ok().filter(|number| *number == 0 && end == 1 || !digits.starts_with('0'))
    }

    /// Reads ranges of ids, after the first two brackets.
    fn ranges(&mut self) -> Option<IdRanges> {
        let mut ranges = Vec::new();
        loop {
            ranges.push((self.number()?, self.after(",")?.number()?));
            if self.optional("],[", |_| Some(()))?.is_none() {
                self.after("]]")?;
                return Some(IdRanges(ranges));
            }
        }
    }

    /// Reads the keys of an event, each with the comma before it.
    fn event(&mut self) -> Option<Event> {
        let user = self.after(r#","actor":{"user":""#)?.text()?;
        let sudo_user = self.optional(r#","sudo_user":""#, Self::text)?;
        let channel = Channel::from_name(self.after(r#"},"channel":""#)?.quoted()?)?;
        let seconds = |rest: &mut Self| rest.number().and_then(Timestamp::from_epoch_seconds);
        Some(Event {
            actor: Actor { user, sudo_user },
            channel,
            action: Action::from_name(self.after(r#","action":""#)?.quoted()?)?,
            profile: self.optional(r#","profile":""#, Self::text)?,
            customer: self.optional(r#","customer":"#, Self::number)?,
            customers: self.optional(r#","customers":[["#, Self::ranges)?,
            expires_at: self.optional(r#","expires_at":"#, seconds)?,
            fingerprint: self.optional(r#","fingerprint":""#, Self::text)?,
            peer: self.optional(r#","peer":""#, Self::text)?,
            request_id: self.optional(r#","request_id":""#, Self::text)?,
            session: self.optional(r#","session":""#, Self::text)?,
            outcome: Outcome::from_name(self.after(r#","outcome":""#)?.quoted()?)?,
            reason: self.optional(r#","reason":""#, Self::text)?,
            purpose: self.optional(r#","purpose":""#, Self::text)?,
            count: self.optional(r#","count":"#, Self::number)?,
            previous_bytes: self.optional(r#","previous_bytes":"#, Self::number)?,
            pruned_up_to: self.optional(r#","pruned_up_to":""#, Self::text)?,
        })
    }
}
