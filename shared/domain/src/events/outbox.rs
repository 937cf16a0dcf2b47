//! Transactional outbox: finds the changes that need an event, a counter or a timer.
//!
//! For every write, the stream of the table delivers two images of the item: before and after the
//! write. The functions of this module compare the two images.

mod application_changes;
mod change;
mod coupon_changes;

pub use application_changes::{ApplicationImage, application_changes};
pub use change::{Change, Groundwork};
pub use coupon_changes::{CouponImage, ExpiryNotice, coupon_changes};
