//! Limit of requests with unknown keys.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_domain::tenants::client_network::client_network;
use couponflow_domain::tenants::rate_limit::{Charge, RateLimit};

use crate::problem::Problem;
use crate::request::Request;

/// Limit of requests with unknown keys, per instance and network of clients.
const UNKNOWN_KEYS: RateLimit = RateLimit { capacity: 20, per_minute: 60 };

/// Maximum number of networks whose requests with unknown keys an instance counts.
const NETWORKS: usize = 10_000;

/// Counts the requests with unknown keys per network of clients, in the memory of the instance. Each such request costs
/// one read, so the count is not stored: a write would cost more than the read that it saves.
#[derive(Debug, Default)]
pub(crate) struct UnknownKeys(BoundedCache<String, DateTime<Utc>, NETWORKS>);

impl UnknownKeys {
    /// Rejects a request if its network has sent too many unknown keys. The caller calls this method only if the key of
    /// the request is not cached.
    pub(crate) fn check(&self, request: &Request, now: DateTime<Utc>) -> Result<(), Problem> {
        match UNKNOWN_KEYS.charge(self.0.get(&network(request)), 1, now) {
            Charge::Taken { .. } => Ok(()),
            Charge::Limited { retry_at } => {
                Err(Problem::too_many_attempts("unknown_keys", UNKNOWN_KEYS, retry_at - now))
            }
        }
    }

    /// Counts a request with an unknown key.
    pub(crate) fn add(&self, request: &Request, now: DateTime<Utc>) {
        let network = network(request);
        if let Charge::Taken { full_at } = UNKNOWN_KEYS.charge(self.0.get(&network), 1, now) {
            self.0.put(network, full_at);
        }
    }
}

/// Returns the network of the client. Clients without an address share one network.
pub(crate) fn network(request: &Request) -> String {
    request.client_address().and_then(client_network).unwrap_or_default()
}
