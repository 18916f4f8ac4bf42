//! A session and its token as JSON.

use serde::Serialize;

use crate::escape::json_line;
use crate::session::{Session, SessionToken};

/// A session in JSON.
#[derive(Serialize)]
struct SessionJson<'a> {
    /// The customer's number.
    customer_id: u64,
    /// The session's id, by which it can be revoked.
    session_id: String,
    /// When it ends, in epoch seconds.
    expires_at: u64,
    /// Its token.
    token: &'a str,
    /// The profile; none for a secret from the environment.
    profile: Option<&'a str>,
}

/// Shows a session as a line of JSON.
#[must_use]
pub fn session_json(session: &Session, token: &SessionToken, profile: Option<&str>) -> String {
    let shown = SessionJson {
        customer_id: session.customer().get(),
        session_id: session.id().to_string(),
        expires_at: session.expires_at().epoch_seconds(),
        token: token.expose(),
        profile,
    };
    json_line(&shown) + "\n"
}
