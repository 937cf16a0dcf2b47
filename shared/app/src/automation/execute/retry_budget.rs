//! Retry budget of the steps and operations of executions.

/// Retry budget for conflicts with other writers of an execution, a contact or a coupon.
pub(in crate::automation) const MAX_CONFLICT_RETRIES: usize = 8;
