//! The one way to a token: every command that gives one out goes through here.
//!
//! No other room names the minter; a test reads the sources and holds them to it.

use crate::secret::Secret;
use crate::token::{Claims, Fingerprint, Minter, Token};

/// A token that was minted, and what to call it.
#[derive(Debug, Clone, Copy)]
pub struct Minted {
    /// What it claims.
    pub claims: Claims,
    /// The token.
    pub token: Token,
    /// Its name in logs and tables.
    pub fingerprint: Fingerprint,
}

/// Mints tokens with one secret.
#[derive(Debug)]
pub struct Mint(Minter);

impl Mint {
    /// Opens the mint with a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Minter::new(secret))
    }

    /// Mints one token.
    #[must_use]
    pub fn mint(&self, claims: Claims) -> Minted {
        let token = self.0.mint(&claims);
        Minted { claims, token, fingerprint: Fingerprint::of(token.as_bytes()) }
    }
}
