//! Parses the line of an entry, in the one form in which entries are written and in no other.
//!
//! Every key, word, number and time has one form, which the scanner knows. Only of texts that are not plain ASCII
//! is it found out by encoding them anew.

use super::encode;
use super::entry::{Action, Actor, Channel, CustomerSet, Entry, EntryBody, Outcome};
use super::head::{Hash, LogId};
use super::ranges::IdRanges;
use crate::time::{Timestamp, parse_utc};

/// An entry as its line has it, and the hash that the line's bytes really have.
#[derive(Debug)]
pub(super) struct ChainLink {
    /// The entry, with the hash that the line claims.
    pub(super) entry: Entry,
    /// The hash of the line's bytes.
    pub(super) computed: Hash,
}

impl ChainLink {
    /// Parses a line (without its newline); `None` for what is not an entry.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?;
        let mut rest = Scanner(line);
        let log_id = LogId::from_hex(rest.after(r#"{"version":1,"log_id":""#)?.quoted()?)?;
        let sequence = rest.after(r#","sequence":"#)?.number()?;
        let time = parse_utc(rest.after(r#","time":""#)?.quoted()?)?;
        let body = rest.body()?;
        let prev = Hash::from_hex(rest.after(r#","prev":""#)?.quoted()?)?;
        let computed = Hash::of(&line.as_bytes()[..line.len() - rest.0.len()]);
        let hash = Hash::from_hex(rest.after(r#","hash":""#)?.quoted()?)?;
        let entry = Entry { log_id, sequence, time, body, prev, hash };
        (rest.0 == "}").then_some(Self { entry, computed })
    }

    /// Parses a line that is as it was written.
    pub(super) fn parse_whole(line: &[u8]) -> Option<Entry> {
        Self::parse(line).filter(Self::is_whole).map(|link| link.entry)
    }

    /// Returns `true` if the line is as it was written.
    pub(super) fn is_whole(&self) -> bool {
        self.entry.hash == self.computed
    }
}

/// What is left of a line.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    /// Skips what must come next.
    fn after(&mut self, expected: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(self)
    }

    /// Reads a value that may be left out with its key.
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

    /// Reads what comes before the next quote.
    fn quoted(&mut self) -> Option<&'a str> {
        let (text, rest) = self.0.split_once('"')?;
        self.0 = rest;
        Some(text)
    }

    /// Reads a text of any characters, up to the quote that ends it.
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
        (encode::text(&text).ok()? == encoded.as_bytes()).then_some(text)
    }

    /// Reads a number without needless digits.
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
                return Some(IdRanges::from(ranges));
            }
        }
    }

    /// Reads the keys of the body, each with the comma before it.
    fn body(&mut self) -> Option<EntryBody> {
        let user = self.after(r#","actor":{"user":""#)?.text()?;
        let sudo_user = self.optional(r#","sudo_user":""#, Self::text)?;
        let channel = Channel::from_name(self.after(r#"},"channel":""#)?.quoted()?)?;
        let action = Action::from_name(self.after(r#","action":""#)?.quoted()?)?;
        let profile = self.optional(r#","profile":""#, Self::text)?;
        let customers = if let Some(customer) = self.optional(r#","customer":"#, Self::number)? {
            CustomerSet::One { customer }
        } else if let Some(customers) = self.optional(r#","customers":[["#, Self::ranges)? {
            CustomerSet::Many { customers }
        } else {
            CustomerSet::None {}
        };
        let seconds = |rest: &mut Self| rest.number().and_then(Timestamp::from_epoch_seconds);
        Some(EntryBody {
            actor: Actor { user, sudo_user },
            channel,
            action,
            profile,
            customers,
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
            pruned_up_to: self.optional(r#","pruned_up_to":""#, |rest| rest.quoted()?.parse().ok())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encode::ChainPosition;
    use super::super::head::Head;
    use super::super::testing::ann;
    use super::*;
    use crate::audit::Event;
    use crate::time::utc;

    /// Returns the line of an entry with these texts, without its newline.
    fn line(user: &str, texts: [Option<String>; 3], number: Option<u64>, ids: &[u64]) -> Vec<u8> {
        let mut ranges = IdRanges::new();
        for id in ids {
            assert!(ranges.insert_next(*id));
        }
        let mut body = Event::new(Action::MintBatch, Channel::Serve, ann(), Outcome::Ok).body().clone();
        body.actor.user = user.to_owned();
        body.actor.sudo_user = texts[0].clone();
        [body.profile, body.peer, body.reason] = texts;
        body.purpose.clone_from(&body.reason);
        body.count = number;
        let head = |sequence| Head { log_id: LogId::random(), sequence, hash: Hash::GENESIS };
        body.pruned_up_to = number.map(head);
        body.expires_at = number.and_then(Timestamp::from_epoch_seconds);
        body.customers = match ids {
            [] => CustomerSet::None {},
            [customer] => CustomerSet::One { customer: *customer },
            _ => CustomerSet::Many { customers: ranges },
        };
        encoded(ChainPosition::first(LogId::from_hex("0123456789abcdef").unwrap()), Timestamp::MAX, &body)
    }

    /// Returns the line of an entry, without its newline.
    fn encoded(position: ChainPosition, time: Timestamp, body: &EntryBody) -> Vec<u8> {
        let mut line = Vec::new();
        encode::write(&mut line, position, &utc(time), body).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        line
    }

    /// Checks that what is parsed is a line as it would be written, but for a hash that is not its own.
    fn is_strict(line: &[u8]) -> Result<(), TestCaseError> {
        if let Some(ChainLink { entry, computed }) = ChainLink::parse(line) {
            let Entry { log_id, sequence, time, body, prev, .. } = &entry;
            let position = ChainPosition { log_id: *log_id, sequence: *sequence, prev: *prev };
            let written = encoded(position, *time, body);
            prop_assert_eq!(&written[..written.len() - 66], &line[..line.len() - 66]);
            prop_assert_eq!(ChainLink::parse(&written).unwrap().computed, computed);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_was_written_is_parsed(
            user: String,
            texts: [Option<String>; 3],
            number: Option<u64>,
            ids in prop::collection::vec(any::<u64>(), 0..5),
        ) {
            let line = line(&user, texts, number, &ids);
            prop_assert!(ChainLink::parse_whole(&line).is_some());
            is_strict(&line)?;
        }

        #[test]
        fn no_line_of_another_form_is_parsed(
            user: String,
            texts: [Option<String>; 3],
            number: Option<u64>,
            ids in prop::collection::vec(any::<u64>(), 0..5),
            piece in prop::sample::select(vec![
                "", "0", "\\", "\"", "\\u0041", "\\n", "\u{7f}", "\u{202e}", " ", ",", "]", "[1,2]", "é", "\\u00E9",
            ]),
            at: prop::sample::Index,
            cut in 0_usize..8,
        ) {
            let mut line = line(&user, texts, number, &ids);
            let at = at.index(line.len());
            line.splice(at..(at + cut).min(line.len()), piece.bytes());
            is_strict(&line)?;
        }
    }
}
