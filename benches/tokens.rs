//! Compares minting and verifying with other implementations, in turns, in one run: `cargo bench --bench tokens`.
//!
//! Each round times every contestant once, so that a slow moment of the machine affects all of them.
//! It shows medians over the rounds, in nanoseconds per token, and medians of the ratios within a
//! round. The floor is the minimum of any HMAC-SHA-256: two dependent compressions of SHA-256.
//! The run fails if a target is missed.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, signature};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use sha2::block_api::compress256;
use stream_token::secret::Secret;
use stream_token::time::Timestamp;
use stream_token::token::{Claims, CustomerId, Minter, Verifier};

/// The number of rounds.
const ROUNDS: usize = 301;
/// The number of tokens per contestant and round.
const TOKENS: u64 = 500;

/// The secret of all contestants.
const SECRET: &str = "a-secret-for-benchmarks-0123456789abcdef";

/// The claims as `jsonwebtoken` and a hand-written signer with `ring` take them.
#[derive(Clone, Serialize, Deserialize)]
struct PlainClaims {
    /// `customer-N`
    user_id: String,
}

/// A contestant: its name, and its operation for one customer.
type Contestant<'a> = (&'static str, Box<dyn FnMut(u64) + 'a>);

/// A target: a contestant, the one to compare with, and the highest ratio between them.
type Target = (&'static str, &'static str, f64);

/// HMAC-SHA-256, keyed, as `jsonwebtoken` signs with it.
struct Hs256(Hmac<Sha256>);

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], mac: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(mac).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// The provider of `jsonwebtoken` here: the library's own provider signs nothing.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, key| Ok(Box::new(Hs256(Hmac::new_from_slice(key.as_bytes()).unwrap()))),
    verifier_factory: |_, key| Ok(Box::new(Hs256(Hmac::new_from_slice(key.try_get_as_bytes()?).unwrap()))),
    key_utils: KeyUtils::new_unimplemented(),
};

fn main() -> ExitCode {
    PROVIDER.install_default().unwrap();
    let secret = Secret::new(SECRET.into()).unwrap();
    let minting = measure("mint", &mut minters(&secret));
    let verifying = measure("verify, canonical", &mut verifiers(&secret));
    let met = [
        meets(&minting, ("stream-token", "floor", 1.9)),
        meets(&minting, ("stream-token", "jsonwebtoken", 1.0 / 3.0)),
        meets(&verifying, ("stream-token", "floor", 2.2)),
    ];
    if met.iter().all(|met| *met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Two compressions, the second of the first one's output.
fn floor() -> Contestant<'static> {
    let block = [0x5a; 64];
    let work = move |number: u64| {
        let mut state = [u32::try_from(number).unwrap(); 8];
        compress256(&mut state, &[block]);
        compress256(&mut state, &[block]);
        black_box(state);
    };
    ("floor", Box::new(work))
}

/// Keeps the compiler from removing an unused result.
fn consume<T>(made: &T) {
    black_box(made);
}

/// The input of our minter.
fn claims(number: u64) -> Claims {
    Claims::new(CustomerId::new(number + 100).unwrap())
}

/// The input of the other minters.
fn plain_claims(number: u64) -> PlainClaims {
    PlainClaims { user_id: format!("customer-{}", number + 100) }
}

/// Returns the contestants that mint.
fn minters(secret: &Secret) -> Vec<Contestant<'static>> {
    let minter = Minter::new(secret);
    let header = Header::new(Algorithm::HS256);
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    vec![
        floor(),
        ("stream-token", Box::new(move |number| consume(&minter.mint(&claims(number))))),
        (
            "jsonwebtoken",
            Box::new(move |number| consume(&jsonwebtoken::encode(&header, &plain_claims(number), &key))),
        ),
        ("ring", Box::new(move |number| consume(&ring_encode(&ring_key, number)))),
    ]
}

/// Returns the contestants that verify, each with its own tokens.
fn verifiers(secret: &Secret) -> Vec<Contestant<'static>> {
    let minter = Minter::new(secret);
    let tokens: Vec<String> =
        (0..TOKENS).map(|number| minter.mint(&claims(number)).as_str().to_owned()).collect();
    let token = move |number: u64| tokens[usize::try_from(number).unwrap()].clone();
    let tokens_of = |token: &dyn Fn(u64) -> String| (0..TOKENS).map(token).collect::<Vec<_>>();
    let (ours, theirs, rings) = (tokens_of(&token), tokens_of(&token), tokens_of(&token));
    let verifier = Verifier::new(secret);
    let our_validation =
        stream_token::token::Validation::new(Timestamp::from_epoch_seconds(1_800_000_000).unwrap());
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let at = |number: u64| usize::try_from(number).unwrap();
    vec![
        floor(),
        (
            "stream-token",
            Box::new(move |number| consume(&verifier.verify(&ours[at(number)], &our_validation).unwrap())),
        ),
        (
            "jsonwebtoken",
            Box::new(move |number| {
                let decoded = jsonwebtoken::decode::<PlainClaims>(&theirs[at(number)], &key, &validation);
                consume(&decoded.unwrap().claims.user_id);
            }),
        ),
        ("ring", Box::new(move |number| consume(&ring_decode(&ring_key, &rings[at(number)])))),
    ]
}

/// Signs with `ring` and a fixed header, written by hand.
fn ring_encode(key: &ring::hmac::Key, number: u64) -> String {
    let claims = serde_json::to_vec(&plain_claims(number)).unwrap();
    let mut token = String::from("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.");
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let tag = ring::hmac::sign(key, token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    token
}

/// Verifies with `ring`, written by hand.
fn ring_decode(key: &ring::hmac::Key, token: &str) -> PlainClaims {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let tag = URL_SAFE_NO_PAD.decode(signature).unwrap();
    ring::hmac::verify(key, input.as_bytes(), &tag).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(input.split_once('.').unwrap().1).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

/// The measurements of one contestant: nanoseconds per token, one figure per round.
type Figures = Vec<(&'static str, Vec<f64>)>;

/// Times all contestants in turns and shows their medians.
fn measure(what: &str, contestants: &mut [Contestant<'_>]) -> Figures {
    let mut figures: Figures =
        contestants.iter().map(|(name, _)| (*name, Vec::with_capacity(ROUNDS))).collect();
    for round in 0..=ROUNDS {
        for ((_, work), (_, figures)) in contestants.iter_mut().zip(&mut figures) {
            let started = Instant::now();
            (0..TOKENS).for_each(|number| work(black_box(number)));
            let elapsed = started.elapsed().as_secs_f64() * 1e9;
            // The first round warms up.
            if round > 0 {
                figures.push(elapsed / f64::from(u32::try_from(TOKENS).unwrap()));
            }
        }
    }
    println!("{what}: median of {ROUNDS} rounds of {TOKENS} tokens");
    for (name, nanoseconds) in &figures {
        let ratio = ratio(&figures, name, "floor");
        println!("  {name:<14} {:8.1} ns  {ratio:6.2} x floor", median(nanoseconds.clone()));
    }
    figures
}

/// Returns the median ratio between two contestants within a round.
fn ratio(figures: &Figures, name: &str, other: &str) -> f64 {
    let of = |name: &str| &figures.iter().find(|(found, _)| *found == name).unwrap().1;
    median(of(name).iter().zip(of(other)).map(|(own, other)| own / other).collect())
}

/// Returns the median.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Returns `true` if a target is met, and prints the result.
fn meets(figures: &Figures, (name, other, highest): Target) -> bool {
    let ratio = ratio(figures, name, other);
    let met = ratio <= highest;
    println!(
        "  {} {name} / {other} = {ratio:.2}, at most {highest:.2}",
        if met { "met:   " } else { "MISSED:" }
    );
    met
}
