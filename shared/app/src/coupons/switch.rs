//! Pauses and activates coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::{Coupon, State, StateChange, Status};
use couponflow_domain::kernel::ids::CouponId;

use crate::coupons::ports::CouponStore;
use crate::kernel::error::StoreError;

/// Outcome of pausing or activating a coupon.
#[derive(Debug, Clone, PartialEq)]
pub enum SwitchOutcome {
    /// The coupon has the requested state. Holds the coupon.
    Done(Box<Coupon>),
    /// The coupon does not exist or was deleted.
    NotFound,
    /// The coupon has expired and keeps that state.
    Expired,
    /// A concurrent request changed the coupon.
    Conflict,
}

/// Pauses or activates a coupon. A no-op if the coupon already has the state `to`.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn switch(
    store: &impl CouponStore,
    id: &CouponId,
    to: State,
    now: DateTime<Utc>,
) -> Result<SwitchOutcome, StoreError> {
    let Some(coupon) = store.coupon(id).await? else { return Ok(SwitchOutcome::NotFound) };
    match coupon.switch(to, now) {
        StateChange::None => Ok(SwitchOutcome::Done(Box::new(coupon))),
        StateChange::Impossible(Status::Deleted) => Ok(SwitchOutcome::NotFound),
        StateChange::Impossible(
            Status::Scheduled | Status::Active | Status::Paused | Status::Exhausted | Status::Expired,
        ) => Ok(SwitchOutcome::Expired),
        StateChange::Needed if store.set_state(&coupon, to, now).await? => {
            let switched = store.coupon(id).await?;
            Ok(switched.map_or(SwitchOutcome::NotFound, |coupon| SwitchOutcome::Done(Box::new(coupon))))
        }
        StateChange::Needed => Ok(SwitchOutcome::Conflict),
    }
}
