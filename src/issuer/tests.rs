use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::audit::{Actor, Channel, Entry, list};
use crate::profile::Expiry;
use crate::time::Clock;

/// A state directory that is removed when it is dropped.
struct State(PathBuf);

impl State {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("stream-token-issuer-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        // An earlier process with the same ID may have left one.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn audit_log(&self) -> Arc<AuditLog> {
        Arc::new(AuditLog::open(&self.0, Clock::Fixed(now())).unwrap())
    }

    /// Makes the log unwritable.
    fn block(&self) {
        fs::create_dir(self.0.join("audit/audit-00000001.jsonl")).unwrap();
    }

    /// Returns every entry except the one that opens the segment.
    fn entries(&self) -> Vec<Entry> {
        list(self.path(), |_| true).skip(1).map(|line| line.unwrap().entry.unwrap()).collect()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Leftovers are in the system's directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn now() -> Timestamp {
    Timestamp::from_epoch_seconds(1_893_456_000).unwrap()
}

fn secret() -> Secret {
    Secret::new(b"a-secret-for-tests-0123456789abcdef".to_vec()).unwrap()
}

fn customer(id: u64) -> CustomerId {
    CustomerId::new(id).unwrap()
}

/// The context of a call by the user ann.
fn ann() -> Event {
    event(Action::Mint, Outcome::Ok)
}

fn event(action: Action, outcome: Outcome) -> Event {
    Event::new(action, Channel::Cli, Actor { user: "ann".into(), sudo_user: None }, outcome)
}

const ENDLESS: Grant = Grant::unlimited(None, None);

fn issuer(policy: Policy, audit_log: Option<Arc<AuditLog>>) -> TokenIssuer {
    TokenIssuer::new(&secret(), Some("staging".parse().unwrap()), policy, audit_log)
}

/// Returns `true` if a token for a customer, signed and pending, opens against the receipt of an event.
fn opens(id: u64, event: Event) -> bool {
    let state = State::new();
    let pending = issuer(Policy::default(), None).sign(customer(id), &ENDLESS).unwrap();
    let receipt = state.audit_log().record(event).unwrap();
    match pending.release(Some(&receipt)) {
        Ok(token) => token.claims.customer() == customer(id),
        Err(IssueError::Receipt) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Makes the event of a mint for a customer, with the fingerprint of the customer's token.
fn mint(id: u64) -> Event {
    let pending = issuer(Policy::default(), None).sign(customer(id), &ENDLESS).unwrap();
    Event { fingerprint: Some(pending.token.fingerprint().to_string()), ..ann().customer(id) }
}

#[test]
fn sealed_token_opens_with_its_own_receipt() {
    assert!(opens(1, mint(1)));
}

#[test]
fn receipt_of_another_token_opens_nothing() {
    assert!(!opens(1, Event { fingerprint: mint(2).fingerprint, ..mint(1) }));
}

#[test]
fn receipt_of_no_allowed_mint_opens_nothing() {
    let of = |action, outcome| Event { action, outcome, ..mint(1) };
    assert!(!opens(1, of(Action::Refusal, Outcome::Refused)));
    assert!(!opens(1, of(Action::Refusal, Outcome::Ok)));
    assert!(!opens(1, of(Action::Mint, Outcome::Refused)));
    assert!(!opens(1, of(Action::Mint, Outcome::Failed)));
    assert!(!opens(1, of(Action::SecretSet, Outcome::Ok)));
}

#[test]
fn receipt_without_the_customer_opens_nothing() {
    assert!(!opens(1, mint(2)));
    assert!(!opens(1, Event { customer: None, ..mint(1) }));
    let batch = |ids: &[u64]| {
        let mut ranges = IdRanges::default();
        assert!(ids.iter().all(|id| ranges.insert_next(*id)));
        Event { customers: Some(ranges), ..event(Action::MintBatch, Outcome::Ok) }
    };
    assert!(opens(2, batch(&[1, 2, 3])));
    assert!(!opens(4, batch(&[1, 2, 3])));
    assert!(!opens(4, batch(&[3, 5])));
}

#[test]
fn a_mint_is_recorded_with_the_fingerprint_of_its_token() {
    let state = State::new();
    let audit_log = state.audit_log();
    let grant = Grant::unlimited(Some(now()), None);
    let token = issuer(Policy::default(), Some(audit_log)).issue(customer(7), &grant, &ann()).unwrap();
    let [entry] = &state.entries()[..] else { panic!() };
    assert_eq!(entry.body.fingerprint, Some(token.fingerprint().to_string()));
    assert_eq!(entry.body.expires_at, Some(now()));
    assert!(entry.body.is_for(7));
}

#[test]
fn chunk_is_one_entry_with_all_customers() {
    let state = State::new();
    let audit_log = state.audit_log();
    let mut batch = Batch::default();
    assert!((1..=5).chain([9]).all(|id| batch.push(customer(id))));
    let issuer = issuer(Policy::default(), Some(audit_log));
    assert_eq!(issuer.issue_batch(&batch, &ENDLESS, &ann()).unwrap().len(), 6);
    let [entry] = &state.entries()[..] else { panic!() };
    assert_eq!(entry.body.count, Some(6));
    assert!((1..=9).all(|id| entry.body.is_for(id) == (id <= 5 || id == 9)));
}

#[test]
fn chunk_holds_as_much_as_one_entry_can_name() {
    let mut batch = Batch::default();
    assert!(batch.is_empty());
    assert!((1..=4096).all(|id| batch.push(customer(id))));
    assert!(!batch.push(customer(4097)) && !batch.is_empty());
    let mut apart = Batch::default();
    assert!((1..=256).all(|id| apart.push(customer(id * 2))));
    assert!(!apart.push(customer(1)));
    assert!(apart.push(customer(513)));
}

#[test]
fn no_token_is_minted_without_the_log() {
    let state = State::new();
    let audit_log = state.audit_log();
    state.block();
    let issuer = issuer(Policy::default(), Some(audit_log));
    assert!(matches!(issuer.issue(customer(1), &ENDLESS, &ann()), Err(IssueError::Audit(_))));
    let mut batch = Batch::default();
    assert!(batch.push(customer(1)));
    assert!(matches!(issuer.issue_batch(&batch, &ENDLESS, &ann()), Err(IssueError::Audit(_))));
}

/// A policy of an hour, and a request for two.
fn too_long() -> (Policy, TokenRequest) {
    let policy = Policy { longest_lifetime: Some(Duration::from_hours(1)), ..Policy::default() };
    (
        policy,
        TokenRequest {
            expiry: Expiry::At(now().after(Duration::from_hours(2))),
            issued_at: None,
            fault: None,
        },
    )
}

#[test]
fn policy_refusal_is_recorded_without_terms() {
    let state = State::new();
    let audit_log = state.audit_log();
    let (policy, token_request) = too_long();
    let decided = issuer(policy, Some(audit_log)).evaluate(&token_request, None, now(), &ann());
    assert!(matches!(decided, Err(IssueError::Policy(_))));
    let [entry] = &state.entries()[..] else { panic!() };
    assert_eq!(entry.body.outcome, Outcome::Refused);
    assert_eq!((&entry.body.fingerprint, entry.body.action.name()), (&None, "refusal"));
}

#[test]
fn unrecordable_refusal_is_a_log_error() {
    let state = State::new();
    let audit_log = state.audit_log();
    state.block();
    let (policy, token_request) = too_long();
    let decided = issuer(policy, Some(audit_log)).evaluate(&token_request, None, now(), &ann());
    assert!(matches!(decided, Err(IssueError::Audit(_))));
}

#[test]
fn allowed_request_is_recorded_at_the_mint_only() {
    let state = State::new();
    let audit_log = state.audit_log();
    let token_request = TokenRequest { expiry: Expiry::Never, issued_at: None, fault: None };
    let grant =
        issuer(Policy::default(), Some(audit_log)).evaluate(&token_request, None, now(), &ann()).unwrap();
    assert_eq!(grant, ENDLESS);
    assert!(state.entries().is_empty());
}

/// Issues a token for a client at a documentation address.
fn issued_for_client(
    issuer: &TokenIssuer,
    id: u64,
    token_request: &TokenRequest,
) -> Result<IssuedToken, IssueError> {
    let client = Event {
        channel: Channel::Serve,
        peer: Some("192.0.2.7".into()),
        request_id: Some("r-7".into()),
        session: Some("s-7".into()),
        ..ann()
    };
    issuer.issue_for_client(customer(id), token_request, now(), &client)
}

#[test]
fn a_clients_token_is_released_after_the_sync_of_its_entry() {
    let state = State::new();
    let audit_log = state.audit_log();
    let issuer = issuer(Policy::default(), Some(audit_log));
    let token_request = TokenRequest { expiry: Expiry::Never, issued_at: None, fault: None };
    assert!(issued_for_client(&issuer, 7, &token_request).is_ok());
    assert_eq!(state.entries().len(), 1);
}

#[test]
fn a_clients_token_is_recorded_with_the_address_and_the_request() {
    let state = State::new();
    let audit_log = state.audit_log();
    let policy = Policy { default_lifetime: Some(Duration::from_hours(1)), ..Policy::default() };
    let token_request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault: None };
    let token = issued_for_client(&issuer(policy, Some(audit_log)), 7, &token_request).unwrap();
    let [entry] = &state.entries()[..] else { panic!() };
    assert_eq!((entry.body.action.name(), entry.body.channel), ("mint", Channel::Serve));
    assert_eq!(entry.body.peer.as_deref(), Some("192.0.2.7"));
    assert_eq!(entry.body.request_id.as_deref(), Some("r-7"));
    assert_eq!(entry.body.session.as_deref(), Some("s-7"));
    assert_eq!(entry.body.fingerprint, Some(token.fingerprint().to_string()));
    assert_eq!(entry.body.expires_at, token.claims.expires_at());
    assert!(entry.body.is_for(7));
}

#[test]
fn policy_refusal_of_a_client_is_left_to_the_endpoint() {
    let state = State::new();
    let audit_log = state.audit_log();
    let (policy, token_request) = too_long();
    let token = issued_for_client(&issuer(policy, Some(audit_log)), 1, &token_request);
    assert!(matches!(token, Err(IssueError::Policy(_))));
    assert!(state.entries().is_empty());
}

#[test]
fn client_gets_no_token_without_the_log() {
    let state = State::new();
    let audit_log = state.audit_log();
    state.block();
    let token_request = TokenRequest { expiry: Expiry::Never, issued_at: None, fault: None };
    let token = issued_for_client(&issuer(Policy::default(), Some(audit_log)), 1, &token_request);
    assert!(matches!(token, Err(IssueError::Audit(_))));
}

#[test]
fn fault_is_recorded_under_the_requested_customer() {
    let state = State::new();
    let audit_log = state.audit_log();
    let issuer = issuer(Policy::default(), Some(audit_log));
    let fault = Some(Fault::WrongUser);
    let token_request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault };
    let grant = issuer.evaluate(&token_request, None, now(), &ann()).unwrap();
    let minted = issuer.issue(customer(7), &grant, &ann()).unwrap();
    assert_eq!(minted.claims.customer().get(), CustomerId::MAX);
    let mut batch = Batch::default();
    assert!(batch.push(customer(7)) && batch.push(customer(8)));
    assert_eq!(issuer.issue_batch(&batch, &grant, &ann()).unwrap().len(), 2);
    let [single, batch] = state.entries().try_into().unwrap();
    assert_eq!((single.body.action, single.body.reason.as_deref()), (Action::Fault, Some("wrong-user")));
    assert!(single.body.is_for(7) && !single.body.is_for(CustomerId::MAX));
    assert_eq!(single.body.fingerprint, Some(minted.fingerprint().to_string()));
    assert_eq!((batch.body.action, batch.body.reason.as_deref()), (Action::Fault, Some("wrong-user")));
    assert!(batch.body.is_for(8));
}
