//! Runs transactions and classifies why they were cancelled.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use couponflow_app::kernel::error::StoreError;

use super::item::Item;
use super::table::Table;
use crate::failure::failed;
use crate::retry::Backoff;

/// How long a transaction is retried that collides with other writes. The retries and one more call
/// take less time than the functions' timeout, so the caller receives "busy" instead of a timeout.
const BUDGET: Duration = Duration::from_secs(6);

/// Outcome of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All elements are committed.
    Committed,
    /// Nothing is committed, because at least one condition failed.
    Cancelled(Cancellation),
}

/// Reasons of a cancelled transaction, one per element.
#[derive(Debug)]
pub(crate) struct Cancellation(Vec<CancellationReason>);

impl Cancellation {
    /// Whether the condition of the element at this index failed.
    pub(crate) fn failed_at(&self, place: usize) -> bool {
        self.0.get(place).is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"))
    }

    /// Returns the stored item of the element at this index, if the element's condition failed and
    /// the element requested the old item.
    pub(crate) fn item_at(&mut self, place: usize) -> Option<Item> {
        let failed = self.failed_at(place);
        self.0.get_mut(place).filter(|_| failed)?.item.take().filter(|item| !item.is_empty())
    }
}

/// Classification of a failed transaction.
enum Cause {
    /// Another writer collided or the table was throttled. The same transaction may succeed later.
    Transient,
    /// Conditions failed, and nothing else was wrong.
    Conditions(Vec<CancellationReason>),
    /// A stored item does not fit the update: an operand has another type, or the result is too large. Holds DynamoDB's
    /// message.
    Corrupt(String),
    Permanent,
}

impl Table {
    /// Commits all elements or none. Retries collisions and throttling with jitter. A collision or
    /// throttling is never reported as a failed condition, even if a condition failed in the same
    /// attempt.
    ///
    /// Retrying is safe even if the response to a committed attempt was lost: each caller's transaction is idempotent
    /// or has an element that cannot succeed twice.
    pub(crate) async fn transact(
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
    fn collision_is_never_classified_as_failed_condition() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(matches!(classify(&reasons(&["ConditionalCheckFailed", code])), Cause::Transient), "{code}");
        }
        assert!(matches!(classify(&reasons(&["None", "ConditionalCheckFailed"])), Cause::Conditions(_)));
        assert!(matches!(classify(&reasons(&["None", "ValidationError"])), Cause::Corrupt(_)));
        assert!(matches!(classify(&reasons(&["None", "AccessDenied"])), Cause::Permanent));
    }
}
