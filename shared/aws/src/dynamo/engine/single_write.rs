//! Sends a transaction of one element as a plain conditional write, which costs half as many write units.
//!
//! A transaction has a client token: if the response to a committed attempt is lost, the SDK's retry succeeds. A plain
//! write has no token, so its retry finds the result of the first attempt, and its condition can fail. Therefore:
//!
//! - A put has succeeded if the stored item equals the item to write.
//! - A delete that requires no existing item succeeds again.
//! - The caller of an update states why a repeated update is harmless, or compares the stored item with the result.

use std::error::Error as StdError;
use std::fmt::Debug;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::cause::Cause;
use super::item::Item;

/// Parts of DynamoDB's messages for an update that does not fit the stored item: an operand has another type, or the
/// result is too large. A malformed request has the same error code but another message.
const UNFIT_MESSAGES: [&str; 4] = [
    "incorrect data type",
    "attribute that does not exist in the item",
    "document path provided in the update expression is invalid",
    "exceeded the maximum allowed size",
];

/// Write of a single item.
pub(super) enum SingleWrite {
    Put(Put),
    Update(Update),
    Delete(Delete),
}

impl SingleWrite {
    /// Returns the write if the transaction has one element, and the element is a write.
    ///
    /// # Errors
    /// Returns the elements if they are no single write.
    pub(super) fn of(mut elements: Vec<TransactWriteItem>) -> Result<Self, Vec<TransactWriteItem>> {
        if elements.len() != 1 {
            return Err(elements);
        }
        let element = &mut elements[0];
        let put = element.put.take().map(Self::Put);
        let put_or_update = put.or_else(|| element.update.take().map(Self::Update));
        put_or_update.or_else(|| element.delete.take().map(Self::Delete)).ok_or(elements)
    }

    /// Sends the write once. The SDK retries transient failures.
    pub(super) async fn send(&self, client: &Client) -> Result<(), Cause> {
        match self {
            Self::Put(put) => send_put(client, put).await,
            Self::Update(update) => send_update(client, update).await,
            Self::Delete(delete) => send_delete(client, delete).await,
        }
    }
}

async fn send_put(client: &Client, put: &Put) -> Result<(), Cause> {
    let request = client
        .put_item()
        .table_name(&put.table_name)
        .set_item(Some(put.item.clone()))
        .set_condition_expression(put.condition_expression.clone())
        .set_expression_attribute_names(put.expression_attribute_names.clone())
        .set_expression_attribute_values(put.expression_attribute_values.clone())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let Err(error) = request.send().await else { return Ok(()) };
    let stored = match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item.clone(),
        _ => None,
    };
    match stored {
        Some(stored) if stored == put.item => Ok(()),
        stored => Err(cause(error, stored)),
    }
}

async fn send_update(client: &Client, update: &Update) -> Result<(), Cause> {
    let request = client
        .update_item()
        .table_name(&update.table_name)
        .set_key(Some(update.key.clone()))
        .update_expression(&update.update_expression)
        .set_condition_expression(update.condition_expression.clone())
        .set_expression_attribute_names(update.expression_attribute_names.clone())
        .set_expression_attribute_values(update.expression_attribute_values.clone())
        .set_return_values_on_condition_check_failure(update.return_values_on_condition_check_failure.clone());
    let Err(error) = request.send().await else { return Ok(()) };
    let stored = match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => failed.item.clone(),
        _ => None,
    };
    Err(cause(error, stored))
}

async fn send_delete(client: &Client, delete: &Delete) -> Result<(), Cause> {
    let request = client
        .delete_item()
        .table_name(&delete.table_name)
        .set_key(Some(delete.key.clone()))
        .set_condition_expression(delete.condition_expression.clone())
        .set_expression_attribute_names(delete.expression_attribute_names.clone())
        .set_expression_attribute_values(delete.expression_attribute_values.clone())
        .set_return_values_on_condition_check_failure(delete.return_values_on_condition_check_failure.clone());
    let Err(error) = request.send().await else { return Ok(()) };
    let stored = match error.as_service_error() {
        Some(DeleteItemError::ConditionalCheckFailedException(failed)) => failed.item.clone(),
        _ => None,
    };
    Err(cause(error, stored))
}

/// Classifies a failed write. `stored` is the item that a failed condition returned.
fn cause<E, R>(error: SdkError<E, R>, stored: Option<Item>) -> Cause
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some("ConditionalCheckFailedException"), _) => {
            let reason = CancellationReason::builder().code("ConditionalCheckFailed").set_item(stored).build();
            Cause::Conditions(vec![reason])
        }
        (
            Some(
                "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "ThrottlingException"
                | "TransactionConflictException",
            ),
            _,
        ) => Cause::Transient,
        (Some("ValidationException"), Some(message)) if UNFIT_MESSAGES.iter().any(|part| message.contains(part)) => {
            Cause::Corrupt(error.into())
        }
        _ => Cause::Other(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;

    fn cause_of(code: &str, message: &str) -> Cause {
        let error = PutItemError::generic(ErrorMetadata::builder().code(code).message(message).build());
        cause(SdkError::service_error(error, ()), None)
    }

    #[test]
    fn collision_is_never_classified_as_failed_condition() {
        for code in ["TransactionConflictException", "ThrottlingException", "ProvisionedThroughputExceededException"] {
            assert!(matches!(cause_of(code, "no"), Cause::Transient), "{code}");
        }
        assert!(matches!(cause_of("ConditionalCheckFailedException", "no"), Cause::Conditions(_)));
    }

    #[test]
    fn only_a_write_that_does_not_fit_the_stored_item_is_corrupt() {
        let unfit = "An operand in the update expression has an incorrect data type";
        assert!(matches!(cause_of("ValidationException", unfit), Cause::Corrupt(_)));
        let malformed = "Invalid UpdateExpression: Syntax error; token: \"x\"";
        assert!(matches!(cause_of("ValidationException", malformed), Cause::Other(_)));
        assert!(matches!(cause_of("AccessDeniedException", "no"), Cause::Other(_)));
    }
}
