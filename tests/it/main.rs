//! Tests of the program as a process, of its sources, and of its files.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

// File modes, pipes and terminals as Unix has them.
mod architecture;
#[cfg(unix)]
mod audit;
#[cfg(unix)]
mod cli;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod deploy;
#[cfg(unix)]
mod doctor;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod faults;
#[cfg(unix)]
mod fuzz;
mod generated;
#[cfg(unix)]
mod help;
#[cfg(unix)]
mod hygiene;
#[cfg(unix)]
mod keyring;
#[cfg(all(unix, feature = "serve"))]
mod limits;
mod paste;
#[cfg(unix)]
mod profiles;
#[cfg(unix)]
mod prompts;
#[cfg(unix)]
mod readme;
#[cfg(all(unix, feature = "serve"))]
mod serve;
mod shells;
mod test_home;
#[cfg(all(unix, feature = "serve"))]
mod tls;
mod tools;
