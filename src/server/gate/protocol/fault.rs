//! Why the gate refuses a request by itself: every fault has a status and says what to do.

use crate::server::Reply;

/// What is wrong with a request, or keeps it from being passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A line ends in a bare CR or LF, or holds a NUL.
    Line,
    /// The request line is none.
    RequestLine,
    /// The request's target has no form that is known here.
    Target,
    /// A header is malformed.
    Header,
    /// `Host` is missing, repeated or malformed.
    Host,
    /// `Content-Length` is repeated or no plain number.
    Length,
    /// It is not clear where the body ends.
    Framing,
    /// A chunk of the body, or a trailer, is malformed.
    Chunk,
    /// The head took too long.
    SlowHead,
    /// The body took too long.
    SlowBody,
    /// The body is too large.
    LargeBody,
    /// `Expect` asks for something else than `100-continue`.
    Expectation,
    /// The head, or the trailers, are too large.
    LargeHead,
    /// `Transfer-Encoding` is something else than `chunked`.
    Coding,
    /// The method asks for a tunnel.
    Tunnel,
    /// The version of HTTP is neither 1.0 nor 1.1.
    Version,
    /// Too many clients are here; this one gave way.
    Crowded,
    /// TLS is spoken here, and the request came without it.
    Unencrypted,
}

impl Fault {
    /// Gives the status that it is answered with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Line
            | Self::RequestLine
            | Self::Target
            | Self::Header
            | Self::Host
            | Self::Length
            | Self::Framing
            | Self::Chunk
            | Self::Unencrypted => 400,
            Self::SlowHead | Self::SlowBody => 408,
            Self::LargeBody => 413,
            Self::Expectation => 417,
            Self::LargeHead => 431,
            Self::Coding | Self::Tunnel => 501,
            Self::Version => 505,
            Self::Crowded => 503,
        }
    }

    /// Says what to do. It holds nothing that the client sent.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Line => "End every line of the head with CRLF, and send no NUL",
            Self::RequestLine => "Begin with a request line: method, target and HTTP/1.1",
            Self::Target => "Ask for a path that starts with /",
            Self::Header => "Send each header on one line as name, colon and value",
            Self::Host => "Send exactly one Host header with a host and perhaps a port",
            Self::Length => "Send Content-Length once, as a plain decimal number",
            Self::Framing => "Send either one Content-Length or one Transfer-Encoding in HTTP/1.1",
            Self::Chunk => "Send well-formed chunks, with short extensions or none",
            Self::SlowHead | Self::SlowBody => "Send the whole request without delay",
            Self::LargeBody => "Send a smaller body",
            Self::Expectation => "Expect 100-continue or nothing",
            Self::LargeHead => "Send fewer and shorter headers",
            Self::Coding => "Send the body as it is, or chunked",
            Self::Tunnel => "Do not ask for a tunnel",
            Self::Version => "Use HTTP/1.1",
            Self::Crowded => "Try again in a moment",
            Self::Unencrypted => "Use https: TLS is spoken here",
        }
    }

    /// Gives the reply that refuses the request.
    #[must_use]
    pub fn reply(self) -> Reply {
        Reply::refusal(self.status(), self.message())
    }
}
