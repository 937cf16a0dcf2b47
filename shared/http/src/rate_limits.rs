//! Rate limits of requests: which buckets a request is charged to, and what it costs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use couponflow_app::tenants::ports::KeyScope;
use couponflow_app::tenants::rate_limiter::{Bucket, Limited, RateLimitBuckets, RateLimiter};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::tenants::rate_limit::{CALL_UNITS, MISS_UNITS, RateLimitKind};
use futures_util::future::join;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::request::Request;
use crate::unknown_keys::network;

/// Rate limits of the requests that one instance handles.
#[derive(Debug, Default)]
pub struct RequestLimits(RateLimiter);

/// One request while it runs.
#[derive(Debug)]
pub struct LimitedRequest<'a> {
    limits: &'a RequestLimits,
    caller: &'a Caller,
    buckets: Mutex<Vec<Bucket>>,
    misses: AtomicU32,
    now: DateTime<Utc>,
}

impl RequestLimits {
    /// Runs a request, unless a bucket of the caller is known to be empty. While the request runs, charges the units of
    /// earlier requests, so that the charge delays no request. After a request with a miss (see
    /// [`LimitedRequest::missed`]), makes the charges that are due before the response, and returns 429 if a bucket is
    /// empty.
    ///
    /// # Errors
    /// Returns 429 if a bucket is empty, and the problems of `run`.
    pub async fn run<T>(
        &self,
        store: &impl RateLimitBuckets,
        caller: &Caller,
        request: &Request,
        now: DateTime<Utc>,
        run: impl AsyncFnOnce(&LimitedRequest<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let buckets = buckets(caller, request);
        self.0.check(&buckets, now).map_err(|limited| problem(&limited, now))?;
        let misses = AtomicU32::new(0);
        let running = LimitedRequest { limits: self, caller, buckets: Mutex::new(buckets.clone()), misses, now };
        let (result, _) = join(run(&running), self.0.settle(store, &buckets, now)).await;
        let buckets = running.buckets.into_inner().unwrap_or_else(PoisonError::into_inner);
        let misses = running.misses.into_inner();
        self.0.add(&buckets, CALL_UNITS + misses * MISS_UNITS);
        if misses > 0 {
            self.0.settle(store, &buckets, now).await.map_err(|limited| problem(&limited, now))?;
        }
        result
    }
}

impl LimitedRequest<'_> {
    /// Counts attempts to use something that the caller cannot see, such as an unknown code.
    pub fn missed(&self, count: usize) {
        self.misses.fetch_add(u32::try_from(count).unwrap_or(u32::MAX / MISS_UNITS / 2), Ordering::Relaxed);
    }

    /// Adds the buckets of the customer whom a request with a storefront key names: one per identity.
    ///
    /// # Errors
    /// Returns 429 if one of the buckets is known to be empty.
    pub fn by_customer(&self, customer: &Customer) -> Result<(), Problem> {
        if self.caller.key.scope > KeyScope::Storefront {
            return Ok(());
        }
        let of_identity = |identity: String| {
            bucket(self.caller, RateLimitKind::StorefrontCustomer, digest(self.caller, &["customer", &identity]))
        };
        let named: Vec<Bucket> = customer.identity_keys().into_iter().map(of_identity).collect();
        let checked = self.limits.0.check(&named, self.now);
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).extend(named);
        checked.map_err(|limited| problem(&limited, self.now))
    }
}

/// Returns the buckets of a request: the bucket of its key, and with a storefront key also that of its network.
fn buckets(caller: &Caller, request: &Request) -> Vec<Bucket> {
    let key = caller.key.id.to_string();
    match caller.key.scope {
        KeyScope::Server | KeyScope::Admin => vec![bucket(caller, RateLimitKind::ServerKey, key)],
        KeyScope::Storefront => {
            let network = digest(caller, &["network", &network(request)]);
            vec![
                bucket(caller, RateLimitKind::StorefrontAddress, network),
                bucket(caller, RateLimitKind::StorefrontKey, key),
            ]
        }
    }
}

fn bucket(caller: &Caller, kind: RateLimitKind, name: String) -> Bucket {
    let limit = caller.tenant.settings.rate_limits.unwrap_or_default().of(kind);
    Bucket { tenant_id: caller.key.tenant_id.clone(), kind, limit, caller: name }
}

/// Returns a digest that only this tenant can compute, so that the stored buckets contain no personal data.
fn digest(caller: &Caller, parts: &[&str]) -> String {
    caller.tenant.secret.digest(parts)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn problem(limited: &Limited, now: DateTime<Utc>) -> Problem {
    Problem::too_many_attempts(limited.kind.name(), limited.limit, limited.retry_at - now)
}
