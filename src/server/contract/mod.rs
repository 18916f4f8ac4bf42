//! The contract: a request and who may ask in, a reply out (contract section 3). It does no I/O.
//!
//! What it needs to answer it is given: who judges sessions, who limits, who mints, who records. The
//! order of its checks is the contract's, and [`Contract::admit`] reads as that order.

mod bearer;
mod body;
mod cors;
mod media;
mod refusal;

use std::net::IpAddr;
use std::time::Duration;

use super::exchange::{Reply, Request};
use crate::audit;
use crate::mint::MintError;
use crate::session::{Authenticate, Denial};
use crate::time::Clock;
use crate::token::{CustomerId, Token};

pub use bearer::BearerFault;
pub use cors::{Origin, OriginError, Origins};
pub use refusal::Refusal;

/// The one path that is served.
pub const PATH: &str = "/stream-chat/token";

/// The one method that is served there.
pub const METHOD: &str = "POST";

/// Tells who asks too often.
pub trait Quotas: Send + Sync {
    /// Counts a request of an address.
    ///
    /// # Errors
    /// After how long it may ask again, where it asked too often.
    fn admit_address(&self, peer: IpAddr) -> Result<(), Duration>;

    /// Counts a request of a customer whose session is valid.
    ///
    /// # Errors
    /// After how long they may ask again, where they asked too often.
    fn admit_customer(&self, customer: CustomerId) -> Result<(), Duration>;
}

/// No quotas: everybody may ask as often as they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlimited;

impl Quotas for Unlimited {
    fn admit_address(&self, _: IpAddr) -> Result<(), Duration> {
        Ok(())
    }

    fn admit_customer(&self, _: CustomerId) -> Result<(), Duration> {
        Ok(())
    }
}

/// What is done with a request whose token was minted, or was not. It must not block.
pub type Released = Box<dyn FnOnce(Request, Result<Token, MintError>) + Send>;

/// Mints for whoever has a valid session.
pub trait Tokens: Send + Sync {
    /// Mints a customer's token for the request, and hands both over once it is recorded: when this thread
    /// settles, or earlier and by another.
    fn mint(&self, customer: CustomerId, request: Request, then: Released);

    /// Has recorded what was put off, so that it is handed over. Tells whether there is more; then it is to be
    /// called again.
    fn settle(&self) -> bool;
}

/// Takes refusals for the audit log, and never waits.
pub trait Witness: Send + Sync {
    /// Takes a refusal.
    fn refuse(&self, refusal: audit::Refusal);
}

impl Witness for audit::Refusals {
    fn refuse(&self, refusal: audit::Refusal) {
        Self::refuse(self, refusal);
    }
}

/// All that an answer depends on beside the request.
#[derive(Clone, Copy)]
pub struct Contract<'a> {
    /// Judges sessions.
    pub authenticate: &'a dyn Authenticate,
    /// Tells who asks too often.
    pub quotas: &'a dyn Quotas,
    /// Takes refusals.
    pub witness: &'a dyn Witness,
    /// The origins whose pages may read replies.
    pub origins: &'a Origins,
    /// Tells the time.
    pub clock: Clock,
}

/// The answer to a request: the reply, and what only the log is told.
#[derive(Debug)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// Whose session it was, where there was a valid one.
    pub customer: Option<CustomerId>,
    /// Why there was no token.
    pub refusal: Option<Refusal>,
}

impl Contract<'_> {
    /// Makes every check but those of minting, and tells for whom a token is to be minted; or answers.
    ///
    /// # Errors
    /// The answer where there is to be no token.
    pub fn admit(&self, request: &Request) -> Result<CustomerId, Answer> {
        if request.path == PATH
            && let Some(reply) = self.origins.preflight(request)
        {
            return Err(Answer { reply, customer: None, refusal: None });
        }
        let mut customer = None;
        self.judge(request, &mut customer).map_err(|refusal| self.refused(request, customer, refusal))
    }

    /// Answers a request that was admitted, by what has become of its customer's token.
    #[must_use]
    pub fn conclude(
        &self,
        request: &Request,
        customer: CustomerId,
        minted: Result<Token, MintError>,
    ) -> Answer {
        match minted {
            Ok(token) => {
                let reply = self.origins.share(request, granted(&token));
                Answer { reply, customer: Some(customer), refusal: None }
            }
            Err(error) => self.refused(request, Some(customer), Refusal::Mint(error)),
        }
    }

    /// Answers with a refusal, and hands it in for the audit log.
    fn refused(&self, request: &Request, customer: Option<CustomerId>, refusal: Refusal) -> Answer {
        self.record(request, customer, &refusal);
        let reply = self.origins.share(request, refusal.reply());
        Answer { reply, customer, refusal: Some(refusal) }
    }

    /// Makes every check in the contract's order; only policy and audit follow. `whose` is set as soon as it is
    /// known.
    fn judge(&self, request: &Request, whose: &mut Option<CustomerId>) -> Result<CustomerId, Refusal> {
        if request.path != PATH {
            return Err(Refusal::NotFound);
        }
        if request.method != METHOD {
            return Err(Refusal::MethodNotAllowed);
        }
        self.quotas.admit_address(request.peer).map_err(Refusal::AddressTooOften)?;
        let customer = self.authenticate(request)?;
        *whose = Some(customer);
        self.quotas.admit_customer(customer).map_err(Refusal::CustomerTooOften)?;
        if !media::is_json(&request.content_type) {
            return Err(Refusal::UnsupportedMediaType);
        }
        if body::parse(&request.body)? != customer {
            return Err(Refusal::WrongCustomer);
        }
        Ok(customer)
    }

    /// Tells whose session the request has.
    fn authenticate(&self, request: &Request) -> Result<CustomerId, Refusal> {
        let token = bearer::parse(&request.authorization).map_err(Refusal::NoSession)?;
        self.authenticate.authenticate(token, self.clock.now()).map_err(|denial| match denial {
            Denial::Refused(refused) => Refusal::BadSession(refused),
            Denial::CannotTell(error) => Refusal::CannotTell(error),
        })
    }

    /// Hands a refusal in for the audit log.
    fn record(&self, request: &Request, customer: Option<CustomerId>, refusal: &Refusal) {
        if let Some(reason) = refusal.reason() {
            let request_id = Some(request.id.clone());
            let customer = customer.or_else(|| refusal.customer()).map(CustomerId::get);
            self.witness.refuse(audit::Refusal { reason, peer: request.peer, request_id, customer });
        }
    }
}

/// Makes the reply with a token. A token has no character that JSON would escape.
fn granted(token: &Token) -> Reply {
    Reply::json(200, format!(r#"{{"token":"{}"}}"#, token.as_str()))
}

#[cfg(test)]
mod tests;
