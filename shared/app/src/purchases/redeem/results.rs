//! Results for the codes of a redeem request.

use std::iter;

use couponflow_domain::purchases::Codes;

use crate::kernel::error::StoreError;

/// Results for the codes of a request, in the order of the codes. The variants follow the form of the request, so that
/// the answer has the same form. There is at least one result.
#[derive(Debug, Clone, PartialEq)]
pub enum Results<T> {
    /// The request names one code or one application.
    One(T),
    /// The request has a list of codes. Holds the first result and the other results.
    Several(T, Vec<T>),
}

impl<T> Results<T> {
    /// Gives results the form of the codes of their request.
    ///
    /// # Errors
    /// Returns an error if there is no result.
    pub(super) fn of(codes: &Codes, results: Vec<T>) -> Result<Self, StoreError> {
        let mut results = results.into_iter();
        let first = results.next();
        let first =
            first.ok_or_else(|| StoreError::damaged("redeeming the codes of a request", "there is no result"))?;
        Ok(match codes {
            Codes::One(_) => Self::One(first),
            Codes::Several(_) => Self::Several(first, results.collect()),
        })
    }

    /// Returns the first result.
    pub fn first(&self) -> &T {
        match self {
            Self::One(first) | Self::Several(first, _) => first,
        }
    }

    /// Returns the results in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let rest: &[T] = match self {
            Self::One(_) => &[],
            Self::Several(_, rest) => rest.as_slice(),
        };
        iter::once(self.first()).chain(rest)
    }

    /// Converts the results to a list.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(only) => vec![only],
            Self::Several(first, rest) => iter::once(first).chain(rest).collect(),
        }
    }
}
