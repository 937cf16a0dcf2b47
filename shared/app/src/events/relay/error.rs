//! Reasons why a record was not relayed.

use crate::kernel::error::StoreError;

/// Reason why a record was not relayed. Decides what the caller does with the record.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RelayError {
    /// The items of the record's subject are busy, or the time is up. Relay the record again later. Records of other
    /// subjects need not wait.
    #[error("the record could not be relayed now")]
    Deferred(#[source] StoreError),
    /// The event bus accepts no events, so that later records would fail as well.
    #[error("the event bus did not accept the event")]
    BusDown(#[source] StoreError),
    /// The record fails whenever it is relayed, until the stored data or the code is corrected.
    #[error("the record cannot be relayed")]
    Unprocessable(#[source] StoreError),
}

impl RelayError {
    /// Classifies an error of the store.
    pub(super) fn of_store(error: StoreError) -> Self {
        if error.is_caused_by_input() { Self::Unprocessable(error) } else { Self::Deferred(error) }
    }

    /// Classifies an error of the event bus.
    pub(super) fn of_bus(error: StoreError) -> Self {
        if error.is_caused_by_input() { Self::Unprocessable(error) } else { Self::BusDown(error) }
    }

    /// Returns the cause.
    pub fn cause(&self) -> &StoreError {
        match self {
            Self::Deferred(cause) | Self::BusDown(cause) | Self::Unprocessable(cause) => cause,
        }
    }
}
