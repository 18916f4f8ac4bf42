//! The last requests, for tests of an app that count how often it asks.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::time::{Clock, utc};

/// How many requests are kept.
const CAPACITY: usize = 100;

/// The last requests.
#[derive(Debug)]
pub(super) struct RecentRequests {
    /// The clock.
    clock: Clock,
    /// The requests, oldest first.
    requests: Mutex<VecDeque<RecentRequest>>,
}

/// A request that was answered. Nothing in it was written by its client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(in crate::server) struct RecentRequest {
    /// When it was answered, in UTC.
    pub time: String,
    /// Its id, if it had one.
    pub request_id: Option<String>,
    /// The session's customer, if the session was valid.
    pub customer: Option<u64>,
    /// The status.
    pub status: u16,
    /// How it failed on purpose.
    pub fault: Option<String>,
    /// Why it got no token.
    pub reason: Option<&'static str>,
}

impl RecentRequests {
    /// Returns an empty list.
    pub(super) const fn new(clock: Clock) -> Self {
        Self { clock, requests: Mutex::new(VecDeque::new()) }
    }

    /// Adds a request, with the time, and forgets the oldest if there are too many.
    pub(super) fn add(&self, request: RecentRequest) {
        let request = RecentRequest { time: utc(self.clock.now()), ..request };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == CAPACITY {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// Returns the requests, oldest first.
    pub(super) fn list(&self) -> Vec<RecentRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn the_last_hundred_requests_are_kept_in_order() {
        let recent = RecentRequests::new(Clock::Fixed(Timestamp::EPOCH));
        for customer in 1..=103 {
            recent.add(RecentRequest { customer: Some(customer), ..RecentRequest::default() });
        }
        let customers: Vec<_> = recent.list().iter().filter_map(|request| request.customer).collect();
        assert_eq!(customers, (4..=103).collect::<Vec<_>>());
        assert_eq!(recent.list()[0].time, "1970-01-01T00:00:00Z");
    }
}
