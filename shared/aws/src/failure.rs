//! Converts a failed AWS call into a [`StoreError`] of the right kind.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use couponflow_app::kernel::error::StoreError;

/// Error codes of failures that concern every call of the kind: repeating the call cannot succeed. Source: "Common
/// Errors" of the DynamoDB, SQS and EventBridge API references.
const PERMANENT_CODES: [&str; 7] = [
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NotAuthorized",
    "OptInRequired",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
];

/// Error codes of calls whose content is invalid. Repeating the call cannot succeed, but other calls can.
const INVALID_CODES: [&str; 3] = ["InvalidMessageContents", "ValidationError", "ValidationException"];

/// Returns a function that converts failed calls. `doing` describes the purpose of the call. The service's error code
/// decides the kind: [`StoreError::Permanent`] for [`PERMANENT_CODES`], [`StoreError::Invalid`] for [`INVALID_CODES`],
/// otherwise transient.
pub(crate) fn failed(doing: &'static str) -> impl Fn(Box<dyn StdError + Send + Sync>) -> StoreError {
    move |source| {
        let has_code = |codes: &[&str]| has_code(source.as_ref(), codes);
        if has_code(&INVALID_CODES) {
            StoreError::Invalid { doing, source: source.into() }
        } else if is_resource_missing(source.as_ref()) || has_code(&PERMANENT_CODES) {
            StoreError::Permanent { doing, source: source.into() }
        } else {
            StoreError::Failed { doing, source: source.into() }
        }
    }
}

/// Cause of the failure of one entry of a batch call, which the service reports as a code and a message.
pub(crate) fn entry_failure(code: &str, message: Option<&str>) -> ErrorMetadata {
    let mut failure = ErrorMetadata::builder().code(code);
    if let Some(message) = message {
        failure = failure.message(message);
    }
    failure.build()
}

/// Lists the error and its causes. The service's own error code is nested inside the SDK's error types.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn has_code(error: &(dyn StdError + 'static), codes: &[&str]) -> bool {
    causes(error).filter_map(|error| error.downcast_ref::<ErrorMetadata>()?.code()).any(|code| codes.contains(&code))
}

fn is_resource_missing(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|error| error.is::<ResourceNotFoundException>())
}
