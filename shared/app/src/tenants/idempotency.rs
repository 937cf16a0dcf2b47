//! Records of requests with an idempotency key.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::kernel::digest::Bits80;

use crate::kernel::error::StoreResult;
use crate::kernel::system::{Clock, Rng};

/// Time until a claim expires. It is longer than the time limit of any function that answers requests, so an expired
/// claim means that its function died.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Time to keep a key, counted from the start of the request's last run: the promised 24 hours from the answer, plus a
/// margin.
pub const KEY_RETENTION: TimeDelta = TimeDelta::hours(25);

/// Request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Digest of the idempotency key.
    pub key: String,
    /// Digest of the request. A different fingerprint means a different request.
    pub fingerprint: String,
}

/// Time and random bits from which a request derives the ids of the items that it creates. Every run of a request gets
/// the same seed, so a later run finds what an earlier run created before it died instead of creating it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// Start of the request's first run.
    pub at: DateTime<Utc>,
    pub bits: Bits80,
}

impl Seed {
    /// Creates the seed of a first run.
    pub fn new(system: &(impl Clock + Rng)) -> Self {
        Self { at: system.now(), bits: system.bits() }
    }
}

/// Exclusive right to run a request, until its answer is recorded or the claim is released or expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub key: String,
    /// Identifies this run.
    pub run: Bits80,
    /// Seed to derive ids from.
    pub seed: Seed,
}

/// Outcome of claiming a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The caller runs the request.
    Now(Claim),
    /// Another caller runs the request.
    Running,
    /// The request has run; this is its recorded answer.
    Answered(String),
    /// The key was used with a different request.
    OtherRequest,
}

/// Stores claims and recorded answers of requests.
pub trait Idempotency {
    /// Claims a request that has no running claim and no answer, at the time of `fresh`, in one conditional write. If
    /// the request ran before, the claim carries the seed of its first run, otherwise `fresh`.
    async fn claim(&self, request: &KeyedRequest, fresh: Seed) -> StoreResult<ClaimOutcome>;
    /// Records the answer. Returns false if another caller has claimed the request since.
    async fn record(&self, claim: &Claim, answer: &str) -> StoreResult<bool>;
    /// Releases the claim, so that the request can be claimed again at once. Returns false if another caller has
    /// claimed it since.
    async fn release(&self, claim: &Claim) -> StoreResult<bool>;
}
