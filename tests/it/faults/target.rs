//! A server that is attacked, and a client of it that behaves.

use std::time::Instant;

use super::line::{Line, Reply, Way};
use super::vitals::Vitals;
use crate::cli::token::signed;
use crate::serve::http::Ask;
use crate::serve::site::Site;
use crate::serve::{LONGEST, Server};

/// The flags of every server here.
const FLAGS: [&str; 0] = [];

/// The customer that behaves.
const CUSTOMER: u64 = 123;

/// How many connections lead from the gate to the endpoint, and how many descriptors each takes.
const UPSTREAM_DESCRIPTORS: usize = 64 * 3;

/// After how many requests without a change a server has all that it needs.
const ENOUGH_UNCHANGED: usize = 20;

/// A server, its state, and how it is reached.
pub(super) struct Target {
    /// The server.
    pub(super) server: Server,
    /// Where its state is.
    pub(super) site: Site,
    /// How it is reached.
    pub(super) way: Way,
    /// The session of the customer that behaves.
    session: String,
}

impl Target {
    /// Starts a server.
    #[track_caller]
    pub(super) fn start() -> Self {
        Self::of(Site::in_memory(), |site| site.serve(&FLAGS))
    }

    /// Starts a server with these flags besides.
    #[track_caller]
    pub(super) fn with(flags: &[&str]) -> Self {
        Self::of(Site::in_memory(), |site| site.serve(&[&FLAGS, flags].concat()))
    }

    /// Takes a server that was started otherwise.
    #[track_caller]
    pub(super) fn of(site: Site, start: impl FnOnce(&Site) -> Server) -> Self {
        let session = site.session(&CUSTOMER.to_string());
        let server = start(&site);
        let way = Way::Plain(server.address());
        Self { server, site, way, session }
    }

    /// Connects a client.
    #[track_caller]
    pub(super) fn connect(&self) -> Line {
        self.way.connect()
    }

    /// Gives a request that is to be answered with a token, and whose connection is kept.
    pub(super) fn request(&self) -> Vec<u8> {
        Ask::of(CUSTOMER).bearer(&self.session).kept_alive().bytes()
    }

    /// Gives the same as the last of its connection.
    pub(super) fn last_request(&self) -> Vec<u8> {
        Ask::of(CUSTOMER).bearer(&self.session).bytes()
    }

    /// Has a client that behaves ask on a connection of its own, which must be answered with its token.
    #[track_caller]
    pub(super) fn ask(&self) {
        let mut line = self.connect();
        line.send(self.last_request()).unwrap();
        assert_token(line.reply());
    }

    /// Looks at the process.
    #[track_caller]
    pub(super) fn vitals(&self) -> Vitals {
        Vitals::of(self.server.pid())
    }

    /// Waits until the server has all that it needs, and tells what it holds then.
    #[track_caller]
    pub(super) fn calm(&self) -> Vitals {
        let mut before = self.wait_until(|vitals| vitals.descriptors > UPSTREAM_DESCRIPTORS);
        let mut unchanged = 0;
        // The last connections to the endpoint are made between requests.
        while unchanged < ENOUGH_UNCHANGED {
            self.ask();
            let now = self.vitals();
            let is_same = now.is_back_to(&before) && before.is_back_to(&now);
            unchanged = if is_same { unchanged + 1 } else { 0 };
            before = now;
        }
        before
    }

    /// Waits until the server has let go of everything that it did not hold before, and checks that its
    /// memory stayed within its bound.
    #[track_caller]
    pub(super) fn recover(&self, before: &Vitals) {
        self.wait_until(|vitals| vitals.is_back_to(before)).assert_within_bounds();
    }

    /// Asks until what the process holds is as it should be.
    #[track_caller]
    fn wait_until(&self, is_so: impl Fn(&Vitals) -> bool) -> Vitals {
        let until = Instant::now() + LONGEST;
        loop {
            self.ask();
            let vitals = self.vitals();
            if is_so(&vitals) {
                return vitals;
            }
            assert!(Instant::now() < until, "waited in vain: {vitals:?}");
        }
    }
}

/// Checks that a reply brings the token of the customer that behaves.
#[track_caller]
pub(super) fn assert_token(reply: Option<Reply>) {
    let reply = reply.unwrap_or_else(|| panic!("a client that behaves was not answered"));
    let token = signed(&format!(r#"{{"user_id":"customer-{CUSTOMER}"}}"#));
    assert_eq!((reply.status, reply.body), (200, format!(r#"{{"token":"{token}"}}"#)));
}
