//! A session and its token as JSON.

use serde_json::json;

use crate::escape::json_line;
use crate::session::{Session, SessionToken};

/// Returns a session as a line of JSON. `profile` is none for a secret from the environment.
#[must_use]
pub fn session_json(session: &Session, token: &SessionToken, profile: Option<&str>) -> String {
    json_line(&json!({
        "customer_id": session.customer().get(),
        "session_id": session.id().to_string(),
        "expires_at": session.expires_at().epoch_seconds(),
        "token": token.expose(),
        "profile": profile,
    })) + "\n"
}
