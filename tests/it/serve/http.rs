//! Requests to the endpoint and its answers, as bytes, without a library that corrects them.

/// The path of the endpoint.
pub(crate) const PATH: &str = "/stream-chat/token";

/// A request builder.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The method.
    method: String,
    /// The path, perhaps with a query.
    path: String,
    /// The headers, in order, but for `Content-Length`.
    headers: Vec<(String, String)>,
    /// The body.
    body: Vec<u8>,
}

impl Ask {
    /// A request without a session, for a customer's token. Its connection ends with the answer.
    pub(crate) fn of(customer: u64) -> Self {
        let headers = [("Host", "localhost"), ("Connection", "close"), ("Content-Type", "application/json")];
        Self {
            method: "POST".into(),
            path: PATH.into(),
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            body: format!(r#"{{"customer_id": {customer}}}"#).into_bytes(),
        }
    }

    /// Sets the method.
    pub(crate) fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Sets the path.
    pub(crate) fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// Adds a session.
    pub(crate) fn bearer(self, session: &str) -> Self {
        self.with("Authorization", &format!("Bearer {session}"))
    }

    /// Adds a header, and keeps others of the same name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Removes a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Keeps the connection open after the answer.
    pub(crate) fn kept_alive(self) -> Self {
        self.without("Connection")
    }

    /// Returns the request's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let lines: String =
            self.headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
        let Self { method, path, body, .. } = self;
        let head = format!("{method} {path} HTTP/1.1\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers, in order, their names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// Parses a text that must be exactly one answer.
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap();
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self { status: status.unwrap(), headers: headers.collect(), body: body.to_owned() }
    }

    /// Returns the header of this name, if any; it must be unique.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} occurs more than once: {self:?}");
        value
    }

    /// Returns the token in the answer.
    #[track_caller]
    pub(crate) fn token(&self) -> &str {
        let inner = self.body.strip_prefix(r#"{"token":""#).and_then(|rest| rest.strip_suffix(r#""}"#));
        inner.filter(|_| self.status == 200).unwrap_or_else(|| panic!("no token: {self:?}"))
    }

    /// Checks that it is a refusal with this status and body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, error: &str, message: &str) {
        let body = format!(r#"{{"error":"{error}","message":"{message}"}}"#);
        assert_eq!((self.status, self.body.as_str()), (status, body.as_str()), "{self:?}");
    }
}
