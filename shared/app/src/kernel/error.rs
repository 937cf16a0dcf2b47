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
    /// The service rejects every call of this kind because a permission or a resource is missing.
    #[error("{doing}: the service rejected the call")]
    Permanent {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The service rejected this call as invalid, for example because an item is too large. Other calls can succeed.
    #[error("{doing}: the service rejected the call as invalid")]
    Invalid {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// An earlier change, on which this change builds, has not been processed yet. A later attempt can succeed.
    #[error("{doing}: an earlier change has not been processed yet")]
    OutOfOrder { doing: &'static str },
    /// A stored item cannot be read, or contradicts another item.
    #[error("{doing}: the stored item is damaged")]
    Damaged {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// This input cannot be processed, and the cause is the input itself, not a stored item.
    #[error("{doing}: the input cannot be processed")]
    Unprocessable {
        doing: &'static str,
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// Processing this input panicked.
    #[error("{doing}: the code panicked")]
    Panicked { doing: &'static str },
}

/// Kind of an error. Determines how a caller handles the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The same call can succeed later.
    Transient,
    /// The call fails until the configuration or the code is fixed. Do not discard the input.
    Permanent,
    /// This input, or the item that is stored for this input, cannot be processed. Other inputs are
    /// not affected.
    Corrupt,
}

impl StoreError {
    /// Creates the error of a stored item that cannot be read. `cause` is an error or a description.
    pub fn damaged(doing: &'static str, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Damaged { doing, source: cause.into().into() }
    }

    /// Creates the error of an input that cannot be processed. `cause` is an error or a description.
    pub fn unprocessable(doing: &'static str, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unprocessable { doing, source: cause.into().into() }
    }

    /// Describes the error for users, in the history of an execution. Names what was being done and what the user can do,
    /// and never the cause: the cause is for operators, who find it in the log.
    pub fn summary(&self) -> String {
        match self {
            Self::Busy { doing } | Self::OutOfOrder { doing } | Self::Failed { doing, .. } => {
                format!("{doing} failed temporarily")
            }
            Self::Permanent { doing, .. } => {
                format!("{doing} failed because of the configuration of couponflow; tell the operator")
            }
            Self::Damaged { doing, .. } => format!("{doing} failed because stored data is damaged; tell the operator"),
            Self::Invalid { doing, .. } | Self::Unprocessable { doing, .. } | Self::Panicked { doing } => {
                format!("{doing} failed because of an internal error; tell the operator")
            }
        }
    }

    /// Classifies the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy { .. } | Self::Failed { .. } | Self::OutOfOrder { .. } => ErrorKind::Transient,
            Self::Permanent { .. } | Self::Invalid { .. } => ErrorKind::Permanent,
            Self::Damaged { .. } | Self::Unprocessable { .. } | Self::Panicked { .. } => ErrorKind::Corrupt,
        }
    }

    /// Whether this input, or the item that is stored for this input, causes the error. Other inputs can then succeed,
    /// and a repetition of this input fails again.
    pub fn is_caused_by_input(&self) -> bool {
        match self {
            Self::Invalid { .. } | Self::Damaged { .. } | Self::Unprocessable { .. } | Self::Panicked { .. } => true,
            Self::Busy { .. } | Self::Failed { .. } | Self::OutOfOrder { .. } | Self::Permanent { .. } => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the item is not a valid COUPON")]
    struct Unreadable(#[source] std::num::ParseIntError);

    #[test]
    fn log_line_contains_every_cause_once() {
        let cause = "x".parse::<i64>().unwrap_err();
        let error = StoreError::damaged("reading a coupon", Unreadable(cause));
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let line = "reading a coupon: the stored item is damaged: the item is not a valid COUPON: invalid digit found in string";
        assert_eq!(chain(&error), line);
    }

    #[test]
    fn summary_names_the_operation_and_not_the_cause() {
        let error = StoreError::damaged("reading a coupon", "attribute pk of CPN#secret");
        assert_eq!(error.summary(), "reading a coupon failed because stored data is damaged; tell the operator");
        assert_eq!(StoreError::Busy { doing: "reading a coupon" }.summary(), "reading a coupon failed temporarily");
    }
}
