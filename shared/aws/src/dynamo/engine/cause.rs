//! Classification of failed writes.

use std::error::Error as StdError;

use aws_sdk_dynamodb::types::CancellationReason;

/// Classification of a failed transaction, or of a failed single write.
pub(super) enum Cause {
    /// Another writer collided or the table was throttled. The same transaction may succeed later.
    Transient,
    /// Conditions failed, and nothing else was wrong.
    Conditions(Vec<CancellationReason>),
    /// A stored item does not fit the update: an operand has another type, or the result is too large.
    Corrupt(Box<dyn StdError + Send + Sync>),
    /// Any other failure. The kind of the error depends on the service's error code.
    Other(Box<dyn StdError + Send + Sync>),
}
