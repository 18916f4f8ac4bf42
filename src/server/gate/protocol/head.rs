//! Parses a head: strictly, into the few things that anything here depends on.

use super::fault::Fault;
use crate::server::Field;

/// How many headers a request may have.
const MOST_HEADERS: usize = 64;
/// The longest method; the longest in use have 17 letters.
const LONGEST_METHOD: usize = 32;

/// What a head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The method.
    pub method: String,
    /// The path without its query: visible ASCII that starts with `/`, or `*`.
    pub path: String,
    /// `Authorization`.
    pub authorization: Field,
    /// `Content-Type`.
    pub content_type: Field,
    /// `Origin`.
    pub origin: Field,
    /// `Access-Control-Request-Method`.
    pub requested_method: Field,
    /// `Access-Control-Request-Headers`.
    pub requested_headers: Field,
    /// All lines of `X-Forwarded-For`, joined by commas; `None` where there is none.
    pub forwarded_for: Option<Vec<u8>>,
    /// Where the body ends.
    pub(super) framing: Framing,
    /// Whether the client waits to be told to send its body.
    pub(super) expects_continue: bool,
    /// Whether the connection may be used for another request.
    pub(super) keeps_alive: bool,
}

/// Where a body ends (RFC 9112 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes; there may be none.
    Length(usize),
    /// With its last chunk.
    Chunked,
}

/// The headers that say something about the message itself.
#[derive(Debug, Default)]
struct Control {
    /// `Content-Length`.
    length: Field,
    /// `Transfer-Encoding`.
    coding: Field,
    /// `Host`.
    host: Field,
    /// `Expect`.
    expect: Field,
    /// Whether `Connection` says close.
    says_close: bool,
    /// Whether `Connection` says keep-alive.
    says_keep_alive: bool,
}

impl Head {
    /// Parses a whole head, the empty line at its end included. `most` is how long a body may be.
    pub(super) fn parse(bytes: &[u8], most: usize) -> Result<Self, Fault> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Fault::LargeHead),
            Err(httparse::Error::Token | httparse::Error::Version) => return Err(Fault::RequestLine),
            Ok(_) | Err(_) => return Err(Fault::Header),
        }
        let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version) else {
            return Err(Fault::RequestLine);
        };
        let mut head = Self {
            method: method.to_owned(),
            path: String::new(),
            authorization: Field::Absent,
            content_type: Field::Absent,
            origin: Field::Absent,
            requested_method: Field::Absent,
            requested_headers: Field::Absent,
            forwarded_for: None,
            framing: Framing::Length(0),
            expects_continue: false,
            keeps_alive: true,
        };
        let mut control = Control::default();
        for header in parsed.headers.iter() {
            head.sort(header, &mut control);
        }
        let is_1_1 = version == 1;
        judge_host(&control.host, is_1_1)?;
        judge_method(method)?;
        path_of(target, method)?.clone_into(&mut head.path);
        head.framing = frame(&control, is_1_1, most)?;
        head.expects_continue = expects_continue(&control.expect, is_1_1)? && head.has_body();
        head.keeps_alive = !control.says_close && (is_1_1 || control.says_keep_alive);
        Ok(head)
    }

    /// Tells whether a body follows.
    pub(super) fn has_body(&self) -> bool {
        self.framing != Framing::Length(0)
    }

    /// Tells how many bytes it holds, about.
    pub(super) fn held(&self) -> usize {
        let fields = [
            &self.authorization,
            &self.content_type,
            &self.origin,
            &self.requested_method,
            &self.requested_headers,
        ];
        let values: usize = fields.iter().filter_map(|field| field.value()).map(str::len).sum();
        let forwarded = self.forwarded_for.as_ref().map_or(0, Vec::capacity);
        values + forwarded + self.method.len() + self.path.len()
    }

    /// Puts a header where it belongs; one that nothing depends on is dropped here.
    fn sort(&mut self, header: &httparse::Header<'_>, control: &mut Control) {
        let (name, value) = (header.name, header.value);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("Host") {
            control.host.add(value);
        } else if is("Content-Length") {
            control.length.add(value);
        } else if is("Transfer-Encoding") {
            control.coding.add(value);
        } else if is("Expect") {
            control.expect.add(value);
        } else if is("Connection") {
            control.connection(value);
        } else if is("Authorization") {
            self.authorization.add(value);
        } else if is("Content-Type") {
            self.content_type.add(value);
        } else if is("Origin") {
            self.origin.add(value);
        } else if is("Access-Control-Request-Method") {
            self.requested_method.add(value);
        } else if is("Access-Control-Request-Headers") {
            self.requested_headers.add(value);
        } else if is("X-Forwarded-For") {
            self.forwarded(value);
        }
    }

    /// Joins one more line of `X-Forwarded-For` to those before.
    fn forwarded(&mut self, value: &[u8]) {
        let joined = self.forwarded_for.get_or_insert_default();
        if !joined.is_empty() {
            joined.push(b',');
        }
        joined.extend_from_slice(value);
    }
}

impl Control {
    /// Takes a line of `Connection` into account.
    fn connection(&mut self, value: &[u8]) {
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.says_close |= option.eq_ignore_ascii_case(b"close");
            self.says_keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
}

/// Judges a request line as soon as it is there: a client of HTTP/0.9 or HTTP/2 sends no more.
pub(super) fn judge_request_line(line: &[u8]) -> Result<(), Fault> {
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Fault::Version)
        }
        _ => Err(Fault::RequestLine),
    }
}

/// Refuses methods that nothing here can have a use for.
fn judge_method(method: &str) -> Result<(), Fault> {
    match method {
        "CONNECT" => Err(Fault::Tunnel),
        _ if method.len() > LONGEST_METHOD => Err(Fault::RequestLine),
        _ => Ok(()),
    }
}

/// Finds the path in a target (RFC 9112 section 3.2).
fn path_of<'a>(target: &'a str, method: &str) -> Result<&'a str, Fault> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) || target.contains('#') {
        return Err(Fault::Target);
    }
    let origin = match without_scheme(target) {
        None if target == "*" && method == "OPTIONS" => return Ok(target),
        None => target,
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            if !is_authority(&rest[..end]) {
                return Err(Fault::Target);
            }
            let path = &rest[end..];
            if !path.starts_with('/') {
                return Ok("/");
            }
            path
        }
    };
    if !origin.starts_with('/') {
        return Err(Fault::Target);
    }
    Ok(origin.split('?').next().unwrap_or_default())
}

/// Gives what follows the scheme of a target in absolute form.
fn without_scheme(target: &str) -> Option<&str> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

/// Judges `Host`, which HTTP/1.1 asks for (RFC 9112 section 3.2).
fn judge_host(host: &Field, is_1_1: bool) -> Result<(), Fault> {
    match host {
        Field::Absent if !is_1_1 => Ok(()),
        Field::Once(host) if is_authority(host) => Ok(()),
        _ => Err(Fault::Host),
    }
}

/// Tells whether text is a host and perhaps a port (RFC 3986 section 3.2), without a user.
fn is_authority(text: &str) -> bool {
    let is_host = |host: &str| {
        let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
        !host.is_empty() && host.bytes().all(is_named)
    };
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(literal) = text.strip_prefix('[') {
        let Some((address, port)) = literal.split_once(']') else { return false };
        let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
        return is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    match text.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(text),
    }
}

/// Finds where the body ends, and refuses whatever two readers could understand in two ways.
fn frame(control: &Control, is_1_1: bool, most: usize) -> Result<Framing, Fault> {
    match (&control.coding, &control.length) {
        (Field::Absent, Field::Absent) => Ok(Framing::Length(0)),
        (Field::Absent, Field::Once(digits)) => length(digits, most).map(Framing::Length),
        (Field::Absent, Field::Unclear) => Err(Fault::Length),
        (Field::Once(_), Field::Absent) if !is_1_1 => Err(Fault::Framing),
        (Field::Once(coding), Field::Absent) if coding.eq_ignore_ascii_case("chunked") => {
            Ok(Framing::Chunked)
        }
        (Field::Once(_), Field::Absent) => Err(Fault::Coding),
        _ => Err(Fault::Framing),
    }
}

/// Reads `Content-Length`: digits and nothing else. A number of any size is understood, and then refused.
fn length(digits: &str, most: usize) -> Result<usize, Fault> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Length);
    }
    let number = digits.trim_start_matches('0');
    let length = if number.is_empty() { Ok(0) } else { number.parse() };
    length.ok().filter(|length| *length <= most).ok_or(Fault::LargeBody)
}

/// Judges `Expect` (RFC 9110 section 10.1.1). In HTTP/1.0 it has no meaning.
fn expects_continue(expect: &Field, is_1_1: bool) -> Result<bool, Fault> {
    match expect {
        Field::Absent => Ok(false),
        Field::Once(value) if value.eq_ignore_ascii_case("100-continue") => Ok(is_1_1),
        _ if !is_1_1 => Ok(false),
        _ => Err(Fault::Expectation),
    }
}
