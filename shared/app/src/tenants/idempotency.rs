//! Claims and recorded answers of requests with an idempotency key.
//!
//! A request can run more than once: if the function dies during a run, the claim expires and a
//! repeated request starts a new run.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::personal::PersonalText;

use crate::kernel::system::{Clock, Rng};

/// Time until a claim expires. Longer than the time limit of every function that serves requests.
/// Therefore an expired claim means that the function died.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Time from the start of a request's last run to the deletion of its key. The API promises 24
/// hours from the answer. The additional hour is a margin.
pub const KEY_RETENTION: TimeDelta = TimeDelta::hours(25);

/// Request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Digest of the idempotency key.
    pub key: String,
    /// Digest of the request. A different fingerprint means a different request.
    pub fingerprint: String,
}

/// Time and random bits from which a request derives the ids of the items that it creates. Every
/// run of a request gets the same seed. Therefore a later run finds the items that an earlier run
/// created, and does not create them again.
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
    Claimed(Claim),
    /// Another caller runs the request.
    Running,
    /// The request has run. Holds the recorded answer.
    Answered(PersonalText),
    /// The request has run. Its answer was removed when the contact in the answer was erased.
    Erased,
    /// The key was used with a different request.
    OtherRequest,
}
