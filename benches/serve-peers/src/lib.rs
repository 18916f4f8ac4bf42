//! What both Rust peers do with a request: session by HS256, body, token. No audit log, no limits.

use std::env;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

/// The keys.
pub struct Keys {
    /// Verifies sessions.
    session: DecodingKey,
    /// How.
    validation: Validation,
    /// Signs tokens.
    token: EncodingKey,
}

/// A session.
#[derive(Deserialize)]
struct Session {
    /// Whose it is.
    sub: String,
}

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Whose token is asked for.
    customer_id: u64,
}

/// What a token claims.
#[derive(Serialize)]
struct Claims {
    /// `customer-N`
    user_id: String,
}

/// The body of a reply.
#[derive(Serialize)]
struct Given {
    /// The token.
    token: String,
}

impl Keys {
    /// Reads them from the environment.
    pub fn from_environment() -> Self {
        let session = hex::decode(env::var("PEER_SESSION_KEY").unwrap()).unwrap();
        Self {
            session: DecodingKey::from_secret(&session),
            validation: Validation::new(Algorithm::HS256),
            token: EncodingKey::from_secret(env::var("PEER_SECRET").unwrap().as_bytes()),
        }
    }

    /// Answers a request: the status and a JSON body.
    pub fn answer(&self, authorization: Option<&str>, body: &[u8]) -> (u16, String) {
        let session = authorization
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|session| decode::<Session>(session, &self.session, &self.validation).ok());
        let Some(session) = session else { return refusal(401, "Unauthorized") };
        let Ok(Asked { customer_id }) = serde_json::from_slice(body) else {
            return refusal(422, "Unprocessable Content");
        };
        if session.claims.sub != customer_id.to_string() {
            return refusal(403, "Forbidden");
        }
        let claims = Claims { user_id: format!("customer-{customer_id}") };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.token).unwrap();
        (200, serde_json::to_string(&Given { token }).unwrap())
    }
}

/// Makes a refusal.
fn refusal(status: u16, error: &str) -> (u16, String) {
    (status, format!(r#"{{"error":"{error}","message":"{error}"}}"#))
}
