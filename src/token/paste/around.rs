//! Names what is around a token, from the token outwards.
//!
//! Whatever has no name of its own is [`Stripped::SurroundingText`], so that nothing goes unsaid.

use super::stripped::Stripped;
use super::word;

/// How many characters a prompt may have.
const LONGEST_PROMPT: usize = 100;

/// How many layers are told apart; what is beyond them is other text.
const MOST_LAYERS: usize = 16;

/// What is around the token and has no name yet.
struct Around<'a> {
    /// What is before it.
    before: &'a str,
    /// What is after it.
    after: &'a str,
    /// Whether a line break was passed on the way to `before`.
    broken_before: bool,
    /// Whether a line break was passed on the way to `after`.
    broken_after: bool,
    /// The names so far, each once.
    stripped: Vec<Stripped>,
}

/// Names what is before and after a token; white space has no name here.
pub(super) fn describe(before: &str, after: &str) -> Vec<Stripped> {
    let mut around =
        Around { before, after, broken_before: false, broken_after: false, stripped: Vec::new() };
    around.trim();
    for _ in 0..MOST_LAYERS {
        if around.layer().is_none() {
            break;
        }
        around.trim();
    }
    around.lines();
    around.stripped
}

impl Around<'_> {
    /// Adds a name.
    fn name(&mut self, what: Stripped) {
        if !self.stripped.contains(&what) {
            self.stripped.push(what);
        }
    }

    /// Passes over white space.
    fn trim(&mut self) {
        let (before, after) = (self.before.trim_end(), self.after.trim_start());
        self.broken_before |= self.before[before.len()..].contains('\n');
        self.broken_after |= self.after[..self.after.len() - after.len()].contains('\n');
        (self.before, self.after) = (before, after);
    }

    /// Names the innermost layer and passes over it.
    fn layer(&mut self) -> Option<()> {
        self.quotes()
            .or_else(|| self.bearer())
            .or_else(|| self.json())
            .or_else(|| self.header())
            .or_else(|| self.query_parameter())
            .or_else(|| self.assignment())
    }

    /// Passes over quotes, those of Python's bytes too; one side may lack them, on the same line.
    fn quotes(&mut self) -> Option<()> {
        let opened = self.before.strip_suffix(word::is_quote).map(|rest| rest.trim_end_matches('\\'));
        let closed = self.after.trim_start_matches('\\').strip_prefix(word::is_quote);
        let (is_opened, is_closed) = (opened.is_some(), closed.is_some());
        let opened = opened.filter(|_| is_closed || !self.broken_before);
        let closed = closed.filter(|_| is_opened || !self.broken_after);
        opened.or(closed)?;
        let of_bytes = opened.and_then(|rest| rest.strip_suffix('b')).filter(|rest| word::may_start(rest));
        self.before = of_bytes.or(opened).unwrap_or(self.before);
        self.after = closed.unwrap_or(self.after);
        self.name(if of_bytes.is_some() { Stripped::PythonBytes } else { Stripped::Quotes });
        Some(())
    }

    /// Passes over the word Bearer.
    fn bearer(&mut self) -> Option<()> {
        let (before, name) = word::split_name(self.before)?;
        if !name.eq_ignore_ascii_case("bearer") {
            return None;
        }
        self.before = before;
        self.name(Stripped::Bearer);
        Some(())
    }

    /// Passes over the name of a header.
    fn header(&mut self) -> Option<()> {
        let (before, name) = word::split_name(self.before.strip_suffix(':')?.trim_end())?;
        if !(name.contains('-') || name.eq_ignore_ascii_case("authorization")) {
            return None;
        }
        self.before = before;
        self.name(Stripped::HeaderLine(name.to_owned()));
        Some(())
    }

    /// Passes over the name of a field, and over the JSON that it is in.
    fn json(&mut self) -> Option<()> {
        if self.stripped.iter().any(|what| matches!(what, Stripped::JsonReply(_))) {
            return None;
        }
        let key = self.before.strip_suffix(':')?.trim_end().strip_suffix(word::is_quote)?;
        let (before, field) = word::split_name(key.trim_end_matches('\\'))?;
        let before = before.strip_suffix(word::is_quote)?.trim_end_matches('\\');
        let opened = outermost(before.char_indices().rev(), &['{', '['], &['}', ']']);
        let closed = outermost(self.after.char_indices(), &['}', ']'], &['{', '[']);
        self.before = opened.map_or(before, |at| &before[..at]);
        self.after = closed.map_or(self.after, |at| &self.after[at + 1..]);
        (self.broken_before, self.broken_after) = (false, false);
        self.name(Stripped::JsonReply(field.to_owned()));
        Some(())
    }

    /// Passes over the name of a query parameter, and over the URL that it is in.
    fn query_parameter(&mut self) -> Option<()> {
        let (before, name) = word::split_name(self.before.strip_suffix('=')?)?;
        before.strip_suffix(['?', '&'])?;
        let is_outside = |character: char| character.is_whitespace() || word::is_quote(character);
        self.before = before.trim_end_matches(|character| !is_outside(character));
        self.after = self.after.trim_start_matches(|character| !is_outside(character));
        self.name(Stripped::QueryParameter(name.to_owned()));
        Some(())
    }

    /// Passes over `NAME=` and `export NAME=`.
    fn assignment(&mut self) -> Option<()> {
        let (before, name) = word::split_name(self.before.strip_suffix('=')?.trim_end())?;
        if before.ends_with(|character: char| !character.is_whitespace()) {
            return None;
        }
        let exported = before.trim_end().strip_suffix("export").filter(|rest| word::may_start(rest));
        self.before = exported.unwrap_or(before);
        self.name(Stripped::Assignment(name.to_owned()));
        Some(())
    }

    /// Names what is left, line by line: commands, prompts, other text.
    fn lines(&mut self) {
        let (mut is_curl, mut goes_on) = (false, false);
        for line in self.before.lines() {
            is_curl = self.line(line, goes_on);
            goes_on = is_curl && is_continued(line);
        }
        goes_on = !self.broken_after && if self.broken_before { goes_on } else { is_curl };
        for line in self.after.lines() {
            goes_on = self.line(line, goes_on) && is_continued(line);
        }
    }

    /// Names one line, and tells whether it belongs to a curl command; `goes_on` where the one
    /// before it did and was continued.
    fn line(&mut self, line: &str, goes_on: bool) -> bool {
        let prompted = typed(line);
        if prompted.is_some() {
            self.name(Stripped::Prompt);
        }
        let is_curl = goes_on || is_curl(prompted.unwrap_or(line));
        if is_curl {
            self.name(Stripped::CurlLine);
        } else if prompted.is_none() && !line.trim().is_empty() {
            self.name(Stripped::SurroundingText);
        }
        is_curl
    }
}

/// Finds the last bracket, one of `own`, that no bracket of `other` before it balances.
fn outermost(characters: impl Iterator<Item = (usize, char)>, own: &[char], other: &[char]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut found = None;
    for (at, character) in characters {
        if other.contains(&character) {
            depth += 1;
        } else if own.contains(&character) && depth == 0 {
            found = Some(at);
        } else if own.contains(&character) {
            depth -= 1;
        }
    }
    found
}

/// Returns `true` if a shell reads the next line as part of this one: sh, cmd and PowerShell.
fn is_continued(line: &str) -> bool {
    line.trim_end().ends_with(['\\', '^', '`'])
}

/// Returns `true` if a command line calls curl.
fn is_curl(command: &str) -> bool {
    matches!(command.split_whitespace().next(), Some("curl" | "curl.exe"))
}

/// Returns what was typed at the prompt that `line` starts with; `None` where it starts with none.
fn typed(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.char_indices().take(LONGEST_PROMPT).find_map(|(at, character)| {
        let rest = &line[at + character.len_utf8()..];
        let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
        (ends && is_prompt(&line[..at], character)).then_some(rest)
    })
}

/// Returns `true` if a prompt consists of `head` and this last character.
fn is_prompt(head: &str, last: char) -> bool {
    match last {
        '$' | '%' | '>' => matches!(head, "" | ">>") || is_prompt_head(head),
        '❯' | '➜' | 'λ' => head.is_empty() || is_prompt_head(head),
        '#' => is_prompt_head(head),
        _ => false,
    }
}

/// Returns `true` if a prompt starts with `head`: a user at a host, an environment, `PowerShell`.
fn is_prompt_head(head: &str) -> bool {
    head.contains('@') || head.starts_with("PS ") || head.starts_with('(')
}
