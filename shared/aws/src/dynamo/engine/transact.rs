//! Runs transactions and classifies why they were cancelled.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use couponflow_app::kernel::error::StoreError;

use super::cause::Cause;
use super::item::Item;
use super::single_write::SingleWrite;
use super::table::Table;
use crate::failure::{entry_failure, failed};
use crate::retry::Backoff;

/// Maximum number of elements that DynamoDB permits in a transaction.
pub(crate) const MAX_ELEMENTS: usize = 100;

/// Outcome of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All elements are committed.
    Committed,
    /// Nothing is committed, because at least one condition failed.
    Cancelled(Cancellation),
}

impl Transacted {
    /// Whether all elements are committed.
    pub(crate) fn is_committed(&self) -> bool {
        match self {
            Self::Committed => true,
            Self::Cancelled(_) => false,
        }
    }
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

impl Table {
    /// Commits all elements or none. Retries collisions and throttling with jitter. A collision or
    /// throttling is never reported as a failed condition, even if a condition failed in the same
    /// attempt.
    ///
    /// A single element is sent as a plain write; see [`super::single_write`].
    ///
    /// Retrying is safe even if the response to a committed attempt was lost: each caller's transaction is idempotent,
    /// has an element that cannot succeed twice, or is compared with the stored item.
    pub(crate) async fn transact(
        &self,
        elements: Vec<TransactWriteItem>,
        doing: &'static str,
    ) -> Result<Transacted, StoreError> {
        let write = SingleWrite::of(elements);
        let mut backoff = Backoff::new(self.retry_budget);
        loop {
            let sent = match &write {
                Ok(single) => single.send(&self.client).await,
                // The SDK consumes the elements and does not return them, and a later attempt needs them again.
                Err(elements) => self.send_transaction(elements.clone()).await,
            };
            let Err(cause) = sent else { return Ok(Transacted::Committed) };
            match cause {
                Cause::Conditions(reasons) => return Ok(Transacted::Cancelled(Cancellation(reasons))),
                Cause::Transient if backoff.wait().await => {}
                Cause::Transient => return Err(StoreError::Busy { doing }),
                Cause::Corrupt(error) => return Err(StoreError::damaged(doing, error)),
                Cause::Other(error) => return Err(failed(doing)(error)),
            }
        }
    }

    async fn send_transaction(&self, elements: Vec<TransactWriteItem>) -> Result<(), Cause> {
        let request = self.client.transact_write_items().set_transact_items(Some(elements));
        request.send().await.map(|_| ()).map_err(cause)
    }
}

fn cause<R: Debug + Send + Sync + 'static>(error: SdkError<TransactWriteItemsError, R>) -> Cause {
    let cause = match error.as_service_error() {
        None => None,
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            classify(cancelled.cancellation_reasons())
        }
        Some(
            TransactWriteItemsError::TransactionInProgressException(_)
            | TransactWriteItemsError::ProvisionedThroughputExceededException(_)
            | TransactWriteItemsError::RequestLimitExceeded(_)
            | TransactWriteItemsError::ThrottlingException(_),
        ) => Some(Cause::Transient),
        Some(other) => (other.code() == Some("ThrottlingException")).then_some(Cause::Transient),
    };
    cause.unwrap_or_else(|| Cause::Other(error.into()))
}

/// Classifies a cancelled transaction by its reasons. `None` if the reasons are of no known class.
fn classify(reasons: &[CancellationReason]) -> Option<Cause> {
    let is = |codes: &[&str]| reasons.iter().filter_map(CancellationReason::code).any(|code| codes.contains(&code));
    if is(&["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"]) {
        Some(Cause::Transient)
    } else if is(&["ConditionalCheckFailed"]) {
        Some(Cause::Conditions(reasons.to_vec()))
    } else {
        let unfit = reasons.iter().find(|reason| reason.code() == Some("ValidationError"));
        unfit.map(|reason| Cause::Corrupt(entry_failure("ValidationError", reason.message()).into()))
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
            assert!(matches!(classify(&reasons(&["ConditionalCheckFailed", code])), Some(Cause::Transient)), "{code}");
        }
        assert!(matches!(classify(&reasons(&["None", "ConditionalCheckFailed"])), Some(Cause::Conditions(_))));
        assert!(matches!(classify(&reasons(&["None", "ValidationError"])), Some(Cause::Corrupt(_))));
        assert!(classify(&reasons(&["None", "AccessDenied"])).is_none());
    }
}
