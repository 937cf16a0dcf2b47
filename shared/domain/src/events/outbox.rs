//! Transactional outbox: finds the changes that need an event, a counter or a timer.
//!
//! For every write, the stream of the table delivers two images of the item: before and after the
//! write. The functions of this module compare the two images. If the stream record was lost, [`CommittedChange`] finds the
//! change in the stored item alone.

mod application_changes;
mod change;
mod committed;
mod coupon_changes;

pub use application_changes::{ApplicationImage, application_changes};
pub use change::{Change, Groundwork};
pub use committed::{
    CommittedChange, Evidence, committed_by_application, committed_by_code, committed_by_coupon,
    committed_by_redemption, committed_by_rejection,
};
pub use coupon_changes::{CouponImage, ExpiryNotice, coupon_changes};
