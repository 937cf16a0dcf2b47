//! Limits the time that the records of one tenant take.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use crate::kernel::error::StoreError;
use crate::kernel::system::Clock;

/// Time limit for the records of one tenant in one batch. The limit is reached at the deadline. It is also reached as soon
/// as a call fails because the table is busy or does not respond, because the tenant's other calls would take long, too.
pub(super) struct TimeLimit<'a, C> {
    clock: &'a C,
    deadline: DateTime<Utc>,
    failure: OnceLock<StoreError>,
}

impl<'a, C: Clock> TimeLimit<'a, C> {
    pub(super) fn new(clock: &'a C, deadline: DateTime<Utc>) -> Self {
        Self { clock, deadline, failure: OnceLock::new() }
    }

    /// Returns the current instant of the clock that measures the limit.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Returns an error if the limit is reached.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        match self.clock.now() < self.deadline {
            true => Ok(()),
            false => Err(StoreError::Busy { doing: "relaying records within the time limit" }),
        }
    }

    /// Takes note of the error of a call.
    pub(super) fn note(&self, error: &StoreError) {
        match error {
            StoreError::Busy { .. } | StoreError::Failed { .. } => {
                // Keeps the first failure.
                let _ = self.failure.set(error.clone());
            }
            StoreError::Permanent { .. }
            | StoreError::Invalid { .. }
            | StoreError::OutOfOrder { .. }
            | StoreError::Damaged { .. }
            | StoreError::Unprocessable { .. }
            | StoreError::Panicked { .. } => {}
        }
    }
}
