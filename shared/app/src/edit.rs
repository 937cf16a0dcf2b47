//! Editing and deleting coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::coupon::{Coupon, State, Terms};
use couponflow_domain::ids::CouponId;
use couponflow_domain::input::Errors;

use crate::error::StoreError;
use crate::ports::{Expiry, WriteCoupons};

/// How often an edit is tried again because redemptions came in between.
const ATTEMPTS: usize = 8;

/// What came of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum Edited {
    /// It is done; this is the coupon now.
    Now(Box<Coupon>),
    /// There is no such coupon, or not any more.
    NotFound,
    /// The coupon is not in the version that the caller has seen.
    Stale,
    /// The new terms have faults.
    Invalid(Errors),
}

/// Edits the coupon if it is in a version that `expected` accepts. `change` makes the new terms from those there are.
///
/// A coupon whose expiry instant has passed is expired first: it is owed that event, and moving the instant would lose
/// it.
///
/// # Errors
/// Where the store fails, or the coupon stays too busy.
pub async fn edit(
    store: &(impl WriteCoupons + Expiry),
    id: &CouponId,
    expected: impl Fn(i64) -> bool,
    change: impl Fn(&Terms) -> Result<Terms, Errors>,
    now: DateTime<Utc>,
) -> Result<Edited, StoreError> {
    let mut seen = None;
    for _ in 0..ATTEMPTS {
        let accepts = |version| expected(version) || seen == Some(version);
        let coupon = match settled(store, id, accepts, now).await? {
            Ok(coupon) => coupon,
            Err(answer) => return Ok(answer),
        };
        seen = Some(coupon.version);
        let terms = match change(&coupon.terms) {
            Ok(terms) => terms,
            Err(errors) => return Ok(Edited::Invalid(errors)),
        };
        let edit = match coupon.edit(terms, now) {
            Ok(edit) => edit,
            Err(errors) => return Ok(Edited::Invalid(errors)),
        };
        if store.edit_coupon(&coupon, &edit, now).await?
            && let Some(edited) = existing(store, id).await?
        {
            return Ok(Edited::Now(Box::new(edited)));
        }
    }
    Err(StoreError::Busy { doing: "editing a coupon" })
}

/// The coupon as it is, after its expiry where that is due: an edit would lose it.
///
/// # Errors
/// Where the store fails.
pub async fn settle(
    store: &(impl WriteCoupons + Expiry),
    id: &CouponId,
    now: DateTime<Utc>,
) -> Result<Option<Coupon>, StoreError> {
    let coupon = store.coupon(id).await?;
    match coupon.as_ref().and_then(|coupon| coupon.expiry_due(now)) {
        None => Ok(coupon),
        Some(expires_at) => {
            store.expire_coupon(id, expires_at).await?;
            store.coupon(id).await
        }
    }
}

/// Deletes the coupon if it is in a version that `expected` accepts. It is expired first where that is due, as before an
/// edit.
///
/// # Errors
/// Where the store fails, or the coupon stays too busy.
pub async fn delete(
    store: &(impl WriteCoupons + Expiry),
    id: &CouponId,
    expected: impl Fn(i64) -> bool,
    now: DateTime<Utc>,
) -> Result<Edited, StoreError> {
    let mut seen = None;
    for _ in 0..ATTEMPTS {
        let accepts = |version| expected(version) || seen == Some(version);
        let coupon = match settled(store, id, accepts, now).await? {
            Ok(coupon) => coupon,
            Err(answer) => return Ok(answer),
        };
        seen = Some(coupon.version);
        if store.delete_coupon(&coupon, now).await? {
            return Ok(Edited::Now(Box::new(Coupon { state: State::Deleted, ..coupon })));
        }
    }
    Err(StoreError::Busy { doing: "deleting a coupon" })
}

/// The coupon in a version that the caller accepts, after its expiry where that is due: the expiry is no change that the
/// caller should have seen. Any other change is.
async fn settled(
    store: &(impl WriteCoupons + Expiry),
    id: &CouponId,
    accepts: impl Fn(i64) -> bool,
    now: DateTime<Utc>,
) -> Result<Result<Coupon, Edited>, StoreError> {
    let Some(coupon) = existing(store, id).await? else { return Ok(Err(Edited::NotFound)) };
    if !accepts(coupon.version) {
        return Ok(Err(Edited::Stale));
    }
    let Some(expires_at) = coupon.expiry_due(now) else { return Ok(Ok(coupon)) };
    store.expire_coupon(id, expires_at).await?;
    let Some(expired) = existing(store, id).await? else { return Ok(Err(Edited::NotFound)) };
    // Whoever wrote it: the next version of an active coupon is an expired one only by its expiry.
    let is_next = expired.version == coupon.version + 1 && expired.state == State::Expired;
    Ok(if is_next || accepts(expired.version) { Ok(expired) } else { Err(Edited::Stale) })
}

async fn existing(store: &impl WriteCoupons, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
    Ok(store.coupon(id).await?.filter(|coupon| coupon.state != State::Deleted))
}
