//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//! This page is the map for those who change the program: its rooms, two calls from start to end, and where to add things.
//!
//! # Rooms and floors
//!
//! The program is a thin binary over this library. Its modules, here called rooms, stand on floors, and each imports only
//! from floors below its own. `FLOORS` in `tests/it/architecture.rs` is the list, and a test checks every import against it.
//!
//! | floor | room | what is in it |
//! | --- | --- | --- |
//! | 10 | `main.rs` | parse, run, exit code |
//! | 9 | [`commands`] | one file for each verb; composes the rest |
//! | 8 | [`cli`] | the grammar: flags, help, completions |
//! | 7 | [`output`] | what people and programs read: tables, JSON, colour, prompts |
//! | 7 | `server` | the endpoint (on Unix, with the feature `serve`) |
//! | 6 | [`issuer`] | policy, signature, audit entry, and only then the token |
//! | 6 | [`session`] | who a client of the endpoint is; revocations |
//! | 5 | [`profile`] | the configuration, policies, every audited change of a profile or a secret |
//! | 4 | [`audit`] | the log: entries, the chain, reading, verifying |
//! | 4 | [`fault`] | tokens and responses that fail in a chosen way, for tests of refresh |
//! | 4 | [`verdict`] | who signed a token, what Stream would answer, what to do |
//! | 3 | [`token`] | claims, signing, verifying, finding a token in a paste |
//! | 3 | `tls` | certificates and keys (as `server`) |
//! | 2 | [`secret`] | a secret and its sources, the keyring among them |
//! | 1 | [`time`], [`process`], [`fs`] | the clock; environment and hardening; private files and locks |
//! | 0 | [`error`], [`escape`] | exit codes and hints; text from outside made harmless |
//!
//! # The way of `issue 123`
//!
//! 1. `main.rs` hardens the process and parses the call with [`cli`].
//! 2. [`commands`] chooses the profile, has [`profile`] load it, and reads its secret through [`secret`].
//! 3. `commands::issue` hands the customer and the times asked for to [`issuer`].
//! 4. [`issuer`] applies the policy, has [`token`] sign, and waits until [`audit`] has the entry on disk. Only it refers to
//!    the signer.
//! 5. [`output`] prints the token. An error on the way says its exit code and its hint itself, through [`error`].
//!
//! # The way of a request
//!
//! 1. `server::frontend` receives it with hyper, within its bounds, and passes it to a worker over a private socket.
//! 2. `server::endpoint` takes it there, in a thread of the worker's own.
//! 3. `server::contract` checks it in the documented order: path, method, session, rate, content type, body, customer.
//! 4. For that it asks [`session`] who the client is, and `server::rate_limit` whether it may.
//! 5. It issues the token with the same [`issuer`], entry and all.
//! 6. A fault of [`fault`], if one was asked for, is met after the last check, and recorded.
//! 7. The response goes back the same way; `server::telemetry` logs and counts it.
//!
//! # To add a verdict
//!
//! 1. `src/token/verify.rs`: the variant of the verifier's error, what it means, and its place in the order of checks.
//! 2. `src/verdict/mod.rs`: its word and its exit code; `remedy.rs`: what to do. The compiler finds these.
//! 3. `src/verdict/checks.rs` and `stream.rs`: the check, and Stream's answer.
//! 4. `README.md` and `man/sections/stream-token-json.7.md`: both lists of verdicts.
//!
//! `readme::every_verdict_is_documented` fails if 4 is forgotten, and `cli::verdicts` (in `tests/it`) holds what each prints.
//!
//! # To add a command
//!
//! 1. `src/cli`: the variant and its arguments. Their doc comments are the help text.
//! 2. `src/cli/examples`: a file with at least one call that works, within the width of help.
//! 3. `src/commands`: a file of its own, and its arm in `mod.rs`.
//! 4. `src/output`: the type of its result, for text and JSON.
//! 5. `man/sections/stream-token-json.7.md`: its fields.
//! 6. `STREAM_TOKEN_REWRITE=1 cargo test --test it -- generated` writes man pages and completions.
//!
//! `help::every_example_of_every_help_works` fails without 2, the tests in `generated` without 6.
//!
//! # To add a source of secrets
//!
//! 1. `src/secret/source.rs`: the variant, its form in the configuration (`NAME:…`), how it is read, and what can go wrong,
//!    with its hint.
//! 2. `src/secret/keyring`: nothing; a keyring is the only source that stores secrets.
//! 3. `src/cli/profiles.rs` (`SOURCES`) and `man/sections/stream-token-profile.1.md`: the table of sources.
//! 4. `tests/it/profiles/sources.rs`: that it works, and each of its errors.
//!
//! The compiler finds every `match` on the source, and `readme::every_source_of_secrets_is_documented` fails without 3.
//!
//! # To add a kind of session
//!
//! 1. `src/session`: a file with a type that implements the trait by which the endpoint authenticates; `check_url.rs` is one.
//! 2. `src/profile/sessions.rs`: how a profile asks for it, and `src/cli/profiles.rs`: with which flags.
//! 3. `src/commands/serve.rs` (`active_profile`): build it, at start and at a reload.
//! 4. `man/sections/stream-token-serve.1.md`: what it is and how to configure it.
//! 5. `tests/it/serve`: what it lets in, and that everything else gets the same 401; `check_url.rs` is one.
//!
//! `readme::every_refusal_reason_is_documented` fails if it has reasons of its own that the reference lacks. Nothing
//! fails without 5: a kind of session without tests is a hole.
//!
//! # To add a reason to the log
//!
//! 1. `src/server/contract/error.rs`: the variant, its status, its message and its reason code. What never reaches the
//!    contract is in `src/server/frontend/request.rs`, and what is wrong with a session in `src/session/authenticate.rs`.
//! 2. `src/server/openapi.json`: the status, if it is a new one.
//! 3. `man/sections/stream-token-serve.1.md`: the tables of statuses (in the order of the checks) and reasons.
//!
//! `readme::every_refusal_reason_is_documented` fails without 3. `serve::log` fails for a new field of a log line that
//! the table of lines does not name.

pub mod audit;
pub mod cli;
pub mod commands;
pub mod error;
pub mod escape;
pub mod fault;
pub mod fs;
pub mod issuer;
pub mod output;
pub mod process;
pub mod profile;
pub mod secret;
#[cfg(all(unix, feature = "serve"))]
pub mod server;
pub mod session;
pub mod time;
#[cfg(all(unix, feature = "serve"))]
pub mod tls;
pub mod token;
pub mod verdict;
