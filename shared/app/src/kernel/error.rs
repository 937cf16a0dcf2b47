//! Errors of the ports.

use std::error::Error as StdError;
use std::sync::Arc;

/// Result of a port.
pub(crate) type StoreResult<T> = Result<T, StoreError>;

/// Technical failure of a port. A request that the business rules do not permit gets a rejection,
/// not a `StoreError`.
///
/// `doing` names the operation that failed. Clones share the cause, so that one failed call can be
/// reported for every member of a batch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The call was throttled or conflicted with other writes until the retry budget was used up. Nothing was changed.
    /// A later attempt can succeed.
    #[error("{doing}: throttled or in conflict with other writes until the retries were used up")]
    Busy { doing: &'static str },
    /// The service could not be reached, or the service failed.
    #[error("{doing}")]
    Failed {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The service rejected the call permanently because a permission or a resource is missing, or because the request
    /// is malformed.
    #[error("{doing}: the service rejected the call")]
    Refused {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// A stored item cannot be read.
    #[error("{doing}: the stored item is damaged: {detail}")]
    Damaged { doing: &'static str, detail: String },
    /// Processing this input panicked.
    #[error("{doing}: the code panicked")]
    Panicked { doing: &'static str },
}

/// Kind of an error. Determines how a caller handles the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The same call can succeed later.
    Transient,
    /// The call fails until the configuration or the code is fixed. The error is not caused by one
    /// input, so do not discard the input.
    Permanent,
    /// This input, or the item that is stored for this input, cannot be processed. Other inputs are
    /// not affected.
    Corrupt,
}

impl StoreError {
    /// Classifies the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy { .. } | Self::Failed { .. } => ErrorKind::Transient,
            Self::Refused { .. } => ErrorKind::Permanent,
            Self::Damaged { .. } | Self::Panicked { .. } => ErrorKind::Corrupt,
        }
    }
}

/// Formats an error with all its causes as one line for the log. Leaves out a cause that the line already ends with.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    causes.map(ToString::to_string).fold(error.to_string(), |line, cause| match line.ends_with(&cause) {
        true => line,
        false => format!("{line}: {cause}"),
    })
}
