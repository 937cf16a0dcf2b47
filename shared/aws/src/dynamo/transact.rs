//! Transactions, and why they were cancelled.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use couponflow_app::error::StoreError;

use super::item::Item;
use super::{Table, failed};
use crate::retry::Backoff;

/// How long a write that collides with others is tried again: with one more call, still within the functions' time limit,
/// so that the caller hears "busy" instead of a time-out.
const BUDGET: Duration = Duration::from_secs(6);

/// What came of a transaction.
#[derive(Debug)]
pub(super) enum Transacted {
    /// All of it is committed.
    Committed,
    /// Nothing is, because a condition did not hold.
    Cancelled(Cancellation),
}

/// Which conditions of a cancelled transaction did not hold.
#[derive(Debug)]
pub(super) struct Cancellation(Vec<CancellationReason>);

impl Cancellation {
    /// Whether the condition of the element at this place failed.
    pub(super) fn failed_at(&self, place: usize) -> bool {
        self.0.get(place).is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"))
    }

    /// The item at this place as it was, where its condition failed and the write asked for it.
    pub(super) fn item_at(&mut self, place: usize) -> Option<Item> {
        let failed = self.failed_at(place);
        self.0.get_mut(place).filter(|_| failed)?.item.take().filter(|item| !item.is_empty())
    }
}

enum Cause {
    /// Others were writing, or the table was throttled: the same transaction may succeed.
    Transient,
    /// Conditions did not hold, and nothing else was wrong.
    Conditions(Vec<CancellationReason>),
    /// A stored item does not fit what was to be written to it: an operand of another type, or too large a result. With
    /// what DynamoDB says of it.
    Corrupt(String),
    /// Anything else.
    Permanent,
}

impl Table {
    /// Commits all elements or none. Collisions and throttling are tried again with jitter; they are never reported as
    /// a condition that failed, even where one failed in the same attempt.
    ///
    /// Repeating a transaction whose answer was lost is safe for the callers: each has an element that can't succeed
    /// twice.
    pub(super) async fn transact(
        &self,
        elements: Vec<TransactWriteItem>,
        doing: &'static str,
    ) -> Result<Transacted, StoreError> {
        let mut backoff = Backoff::new(BUDGET);
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(elements.clone()));
            let Err(error) = request.send().await else { return Ok(Transacted::Committed) };
            match cause(&error) {
                Cause::Conditions(reasons) => return Ok(Transacted::Cancelled(Cancellation(reasons))),
                Cause::Transient if backoff.wait().await => {}
                Cause::Transient => return Err(StoreError::Busy { doing }),
                Cause::Corrupt(detail) => return Err(StoreError::Damaged { doing, detail }),
                Cause::Permanent => return Err(failed(doing)(error.into())),
            }
        }
    }
}

fn cause<R>(error: &SdkError<TransactWriteItemsError, R>) -> Cause {
    let Some(service) = error.as_service_error() else { return Cause::Permanent };
    match service {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => classify(cancelled.cancellation_reasons()),
        TransactWriteItemsError::TransactionInProgressException(_)
        | TransactWriteItemsError::ProvisionedThroughputExceededException(_)
        | TransactWriteItemsError::RequestLimitExceeded(_)
        | TransactWriteItemsError::ThrottlingException(_) => Cause::Transient,
        other if other.code() == Some("ThrottlingException") => Cause::Transient,
        _ => Cause::Permanent,
    }
}

fn classify(reasons: &[CancellationReason]) -> Cause {
    let is = |codes: &[&str]| reasons.iter().filter_map(CancellationReason::code).any(|code| codes.contains(&code));
    if is(&["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"]) {
        Cause::Transient
    } else if is(&["ConditionalCheckFailed"]) {
        Cause::Conditions(reasons.to_vec())
    } else {
        let unfit = reasons.iter().find(|reason| reason.code() == Some("ValidationError"));
        unfit
            .map_or(Cause::Permanent, |reason| Cause::Corrupt(reason.message().unwrap_or("no reason given").to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    #[test]
    fn a_collision_is_never_taken_for_a_refusal() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(matches!(classify(&reasons(&["ConditionalCheckFailed", code])), Cause::Transient), "{code}");
        }
        assert!(matches!(classify(&reasons(&["None", "ConditionalCheckFailed"])), Cause::Conditions(_)));
        assert!(matches!(classify(&reasons(&["None", "ValidationError"])), Cause::Corrupt(_)));
        assert!(matches!(classify(&reasons(&["None", "AccessDenied"])), Cause::Permanent));
    }
}
