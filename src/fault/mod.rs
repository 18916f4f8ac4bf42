//! Faults: tokens and responses that fail in a chosen way, so that an app's refresh can be tested.
//!
//! `token_fault` is what can be wrong with a token, `rules` is which customer of the endpoint meets which fault, and how often.
//! This room decides and does nothing: the issuer signs and records, the server answers.

mod error;
mod rules;
mod token_fault;

pub use error::FaultError;
pub use rules::{Fault, FaultRule, Faults, FaultsError};
pub use token_fault::TokenFault;
