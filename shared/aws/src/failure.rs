//! Converts a failed AWS call into a [`StoreError`] of the right kind.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use couponflow_app::kernel::error::StoreError;

/// Error codes of permanent failures: repeating the call cannot succeed. Source: "Common Errors" of
/// the DynamoDB, SQS and EventBridge API references.
const PERMANENT_CODES: [&str; 9] = [
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NotAuthorized",
    "OptInRequired",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "ValidationError",
    "ValidationException",
];

/// Returns a function that converts failed calls. `doing` describes the purpose of the call. A failure is permanent
/// ([`StoreError::Permanent`]) if the service's error code is in [`PERMANENT_CODES`], otherwise transient.
pub(crate) fn failed(doing: &'static str) -> impl Fn(Box<dyn StdError + Send + Sync>) -> StoreError {
    move |source| match is_permanent(source.as_ref()) {
        true => StoreError::Permanent { doing, source: source.into() },
        false => StoreError::Failed { doing, source: source.into() },
    }
}

/// Searches the error chain for the service's own error code, which is nested inside the SDK's error types.
fn is_permanent(error: &(dyn StdError + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error: &&(dyn StdError + 'static)| (*error).source());
    chain.any(|error| {
        let code = error.downcast_ref::<ErrorMetadata>().and_then(ErrorMetadata::code);
        error.is::<ResourceNotFoundException>() || code.is_some_and(|code| PERMANENT_CODES.contains(&code))
    })
}
