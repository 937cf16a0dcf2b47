//! What can go wrong outside the domain.

use std::error::Error as StdError;

/// Why a port could not do what it was asked. None of these is a business "no".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many writers at once, or throttled, and still so after every retry. Nothing was changed; try again.
    #[error("{doing}: too busy")]
    Busy {
        /// What was being done.
        doing: &'static str,
    },
    /// The service could not be reached or refused the call.
    #[error("{doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// What is stored can't be read.
    #[error("{doing}: the stored item is damaged: {detail}")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

/// An error with all its causes, as one line for the log. A cause that the line ends with already is not said again.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    causes.map(ToString::to_string).fold(error.to_string(), |line, cause| match line.ends_with(&cause) {
        true => line,
        false => format!("{line}: {cause}"),
    })
}
