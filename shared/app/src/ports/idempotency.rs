//! Requests that come again with the idempotency key that they came with before.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::digest::Bits80;

use super::{Clock, Rng, Stored};

/// How long a claim lasts: longer than a function that answers requests may run, so that who finds one that is over knows
/// that its function died.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// How long a key is kept from when its request last began to run: the 24 hours from the answer that are promised, and
/// some more.
pub const KEPT: TimeDelta = TimeDelta::hours(25);

/// A request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Digest of the key.
    pub key: String,
    /// Digest of what is asked: another one is another request.
    pub fingerprint: String,
}

/// What the ids of whatever a request creates are made from. It is the same each time that the request runs, so that what
/// an earlier run created before it died is found instead of created again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// When the request first began to run.
    pub at: DateTime<Utc>,
    /// Random.
    pub bits: Bits80,
}

impl Seed {
    /// One for a request that has not run before.
    pub fn new(system: &(impl Clock + Rng)) -> Self {
        Self { at: system.now(), bits: system.bits() }
    }
}

/// The right to run a request: nobody else has it until it is recorded, released or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Digest of the idempotency key.
    pub key: String,
    /// Which run this is.
    pub run: Bits80,
    /// What to make ids from.
    pub seed: Seed,
}

/// What came of claiming a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is the caller's to run.
    Now(Claim),
    /// Somebody else runs it.
    Running,
    /// It was run; this is the answer that was recorded.
    Answered(String),
    /// The key came with another request before.
    OtherRequest,
}

/// Keeps who runs a request, and what it was answered.
pub trait Idempotency {
    /// Claims a request that nobody runs and that has no answer, at the instant of `fresh`, in one write. One that was
    /// begun before is claimed with the seed that it got then, else with `fresh`.
    async fn claim(&self, request: &KeyedRequest, fresh: Seed) -> Stored<Claimed>;
    /// Keeps the answer; false where somebody else has claimed the request since.
    async fn record(&self, claim: &Claim, answer: &str) -> Stored<bool>;
    /// Lets the request be claimed again at once; false where somebody else has claimed it since.
    async fn release(&self, claim: &Claim) -> Stored<bool>;
}
