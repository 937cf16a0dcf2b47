//! Transactional outbox: what the write of a stored item means, as changes that need an event, a counter or a timer.
//!
//! The stream of the table delivers every item as it was before and after a write. The functions of this module compare
//! the two.

mod application_changes;
mod change;
mod coupon_changes;

pub use application_changes::{ApplicationImage, application_changes};
pub use change::Change;
pub use coupon_changes::{CouponImage, ExpiryNotice, coupon_changes};
