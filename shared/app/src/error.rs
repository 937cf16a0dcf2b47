//! What can go wrong outbound the domain.

use std::error::Error as StdError;
use std::sync::Arc;

/// Why a port could not do what it was asked. None of these is a business "no".
///
/// Cloning shares the cause, so that one failed call can be the outcome of every member of its batch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too many writers at once, or throttled, and still so after every retry. Nothing was changed; try again.
    #[error("{doing}: too busy")]
    Busy {
        /// What was being done.
        doing: &'static str,
    },
    /// The service could not be reached, or failed.
    #[error("{doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The service refused the call: a permission, a resource or a correct request is missing.
    #[error("{doing}: refused")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// Why it was refused.
        #[source]
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// What is stored can't be read.
    #[error("{doing}: the stored item is damaged: {detail}")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The code panicked at what it was given.
    #[error("{doing}: panicked")]
    Panicked {
        /// What was being done.
        doing: &'static str,
    },
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The same call may succeed later.
    Transient,
    /// Every such call fails until somebody mends the configuration or the code. No input is at fault, so no input may be
    /// given up for it.
    Permanent,
    /// This input, or what is stored for it, can't be processed. Other inputs are not affected.
    Corrupt,
}

impl StoreError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy { .. } | Self::Failed { .. } => ErrorKind::Transient,
            Self::Refused { .. } => ErrorKind::Permanent,
            Self::Damaged { .. } | Self::Panicked { .. } => ErrorKind::Corrupt,
        }
    }
}

/// An error with all its causes, as one line for the log. A cause that the line ends with already is not said again.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    causes.map(ToString::to_string).fold(error.to_string(), |line, cause| match line.ends_with(&cause) {
        true => line,
        false => format!("{line}: {cause}"),
    })
}
