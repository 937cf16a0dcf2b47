//! Limits the rate of calls without a store call for honest callers.
//!
//! Each instance counts the units of its callers in memory. When the uncharged units of a caller reach a share of the
//! bucket ([`RateLimit::uncharged_units`]), the instance charges the units to the bucket in the store, which all
//! instances share. When the store reports that the bucket is empty, the instance rejects the caller's calls without
//! any store call until the bucket has enough units again.

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::rate_limit::{Charge, RateLimit, RateLimitKind};
use couponflow_domain::tenants::tenant::TenantId;
use futures_util::future::join_all;

use crate::kernel::bounded_cache::BoundedCache;
use crate::kernel::error::{StoreResult, chain};

/// Maximum number of callers whose units an instance counts.
const CAPACITY: usize = 10_000;

/// Stores the buckets of one tenant.
pub trait RateLimitBuckets {
    /// Takes units out of a bucket.
    async fn charge(&self, bucket: &Bucket, units: u32, now: DateTime<Utc>) -> StoreResult<Charge>;
}

/// Bucket of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub tenant_id: TenantId,
    pub kind: RateLimitKind,
    pub limit: RateLimit,
    /// Identifies the caller among the callers of the tenant: the id of a key, or a digest.
    pub caller: String,
}

/// Rejection of a call: the bucket of the caller is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    pub kind: RateLimitKind,
    pub limit: RateLimit,
    /// When the bucket has enough units again.
    pub retry_at: DateTime<Utc>,
}

/// Counts of an instance.
#[derive(Debug, Default)]
pub struct RateLimiter(BoundedCache<(TenantId, RateLimitKind, String), Count, CAPACITY>);

/// Count of one caller.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Units that are not yet charged to the bucket in the store.
    uncharged: u32,
    /// When the bucket in the store has enough units again.
    limited_until: Option<DateTime<Utc>>,
}

impl RateLimiter {
    fn count(&self, bucket: &Bucket) -> Count {
        self.0.get(&key(bucket)).unwrap_or_default()
    }

    /// Rejects a call if one of its buckets is known to be empty. Makes no store call.
    ///
    /// # Errors
    /// Returns the bucket that stays empty longest.
    pub fn check(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<(), Limited> {
        let limited = buckets.iter().filter_map(|bucket| {
            let retry_at = self.count(bucket).limited_until.filter(|until| *until > now)?;
            Some(Limited { kind: bucket.kind, limit: bucket.limit, retry_at })
        });
        limited.max_by_key(|limited| limited.retry_at).map_or(Ok(()), Err)
    }

    /// Counts units of a call in memory.
    pub fn add(&self, buckets: &[Bucket], units: u32) {
        for bucket in buckets {
            let Count { uncharged, limited_until } = self.count(bucket);
            self.0.put(key(bucket), Count { uncharged: uncharged.saturating_add(units), limited_until });
        }
    }

    /// Charges the counted units to the store, for each bucket whose count has reached its share. Makes these store
    /// calls concurrently. If the store fails, the calls are not limited, because a rate limit must not stop a shop.
    ///
    /// # Errors
    /// Returns the bucket that stays empty longest, if a bucket in the store is empty.
    pub async fn settle(
        &self,
        store: &impl RateLimitBuckets,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<(), Limited> {
        let is_due = |bucket: &&Bucket| self.count(bucket).uncharged >= bucket.limit.uncharged_units();
        let due: Vec<&Bucket> = buckets.iter().filter(is_due).collect();
        join_all(due.into_iter().map(async |bucket| {
            let units = self.count(bucket).uncharged;
            self.0.put(key(bucket), Count::default());
            match store.charge(bucket, units, now).await {
                Ok(Charge::Taken { .. }) => {}
                Ok(Charge::Limited { retry_at }) => {
                    self.0.put(key(bucket), Count { uncharged: 0, limited_until: Some(retry_at) });
                }
                Err(error) => tracing::warn!(error = %chain(&error), "Could not charge calls to a rate limit"),
            }
        }))
        .await;
        self.check(buckets, now)
    }
}

fn key(bucket: &Bucket) -> (TenantId, RateLimitKind, String) {
    (bucket.tenant_id.clone(), bucket.kind, bucket.caller.clone())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use chrono::TimeDelta;

    use super::*;
    use crate::kernel::error::StoreError;

    /// A bucket in memory, or a store that fails.
    #[derive(Default)]
    struct Store {
        full_at: RefCell<Option<DateTime<Utc>>>,
        charged: RefCell<Vec<u32>>,
        fails: bool,
    }

    impl RateLimitBuckets for Store {
        async fn charge(&self, bucket: &Bucket, units: u32, now: DateTime<Utc>) -> StoreResult<Charge> {
            self.charged.borrow_mut().push(units);
            if self.fails {
                return Err(StoreError::Busy { doing: "charging a rate limit" });
            }
            let charge = bucket.limit.charge(*self.full_at.borrow(), units, now);
            if let Charge::Taken { full_at } = charge {
                *self.full_at.borrow_mut() = Some(full_at);
            }
            Ok(charge)
        }
    }

    fn bucket() -> Bucket {
        Bucket {
            tenant_id: TenantId::parse("demo").unwrap(),
            kind: RateLimitKind::StorefrontAddress,
            limit: RateLimit { capacity: 30, per_minute: 60 },
            caller: "a".to_owned(),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[tokio::test]
    async fn calls_are_charged_when_they_reach_the_share_of_an_instance() {
        let (limiter, store, buckets) = (RateLimiter::default(), Store::default(), [bucket()]);
        for _ in 0..25 {
            limiter.add(&buckets, 1);
            limiter.settle(&store, &buckets, at(0)).await.unwrap();
        }
        assert_eq!(*store.charged.borrow(), [10, 10]);
    }

    #[tokio::test]
    async fn empty_bucket_rejects_calls_without_store_calls_until_it_has_units() {
        let (store, buckets) = (Store::default(), [bucket()]);
        let (one, other) = (RateLimiter::default(), RateLimiter::default());
        for _ in 0..3 {
            one.add(&buckets, 10);
            one.settle(&store, &buckets, at(0)).await.unwrap();
        }
        // Another instance learns of the empty bucket when it charges its first miss.
        other.check(&buckets, at(0)).unwrap();
        other.add(&buckets, 10);
        let limited = other.settle(&store, &buckets, at(0)).await.unwrap_err();
        assert_eq!((limited.retry_at, limited.kind), (at(10), RateLimitKind::StorefrontAddress));
        for second in 0..10 {
            assert_eq!(other.check(&buckets, at(second)), Err(limited));
        }
        assert_eq!(store.charged.borrow().len(), 4);
        assert_eq!(other.check(&buckets, at(10)), Ok(()));
        assert_eq!(other.check(&[Bucket { caller: "b".to_owned(), ..bucket() }], at(0)), Ok(()), "another caller");
    }

    #[tokio::test]
    async fn failing_store_limits_no_caller() {
        let (limiter, store, buckets) = (RateLimiter::default(), Store { fails: true, ..Store::default() }, [bucket()]);
        for _ in 0..10 {
            limiter.add(&buckets, 10);
            assert_eq!(limiter.settle(&store, &buckets, at(0)).await, Ok(()));
        }
        assert_eq!(store.charged.borrow().len(), 10);
    }
}
