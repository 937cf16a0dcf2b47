//! Edits and deletes coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::{Coupon, State, Terms};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input::Errors;

use crate::coupons::backup_coupon::backup_fault;
use crate::coupons::ports::CouponStore;
use crate::kernel::error::StoreError;

/// Maximum number of attempts. An attempt can conflict with concurrent redemptions.
const ATTEMPTS: usize = 8;

/// Outcome of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum CouponEditOutcome {
    /// The edit is stored. Holds the changed coupon.
    Done(Box<Coupon>),
    /// The coupon does not exist or was deleted.
    NotFound,
    /// The coupon's version is not the version that the caller read.
    Stale,
    /// The new terms are invalid.
    Invalid(Errors),
}

/// Edits a coupon if `expected` accepts the coupon's version. `change` derives the new terms from the current terms.
///
/// If the coupon's expiry is due, expires the coupon first. Otherwise an edit of `expires_at` would
/// prevent the expiry event.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn edit(
    store: &impl CouponStore,
    id: &CouponId,
    expected: impl Fn(Revision) -> bool,
    change: impl Fn(&Terms) -> Result<Terms, Errors>,
    now: DateTime<Utc>,
) -> Result<CouponEditOutcome, StoreError> {
    let mut seen = None;
    for _ in 0..ATTEMPTS {
        let accepts = |version| expected(version) || seen == Some(version);
        let coupon = match read_for_edit(store, id, accepts, now).await? {
            Ok(coupon) => coupon,
            Err(answer) => return Ok(answer),
        };
        seen = Some(coupon.version);
        let terms = match change(&coupon.terms) {
            Ok(terms) => terms,
            Err(errors) => return Ok(CouponEditOutcome::Invalid(errors)),
        };
        let edit = match coupon.edit(terms, now) {
            Ok(edit) => edit,
            Err(errors) => return Ok(CouponEditOutcome::Invalid(errors)),
        };
        if store.edit_coupon(&coupon, &edit, now).await?
            && let Some(edited) = existing(store, id).await?
        {
            return Ok(CouponEditOutcome::Done(Box::new(edited)));
        }
    }
    Err(StoreError::Busy { doing: "editing a coupon" })
}

/// Edits a coupon like [`edit`], if the backup coupon that the edit sets exists.
///
/// # Errors
/// Returns an error like [`edit`].
pub async fn edit_with_backup(
    store: &impl CouponStore,
    id: &CouponId,
    expected: impl Fn(Revision) -> bool,
    backup: Option<&CouponId>,
    change: impl Fn(&Terms) -> Result<Terms, Errors>,
    now: DateTime<Utc>,
) -> Result<CouponEditOutcome, StoreError> {
    if let Some(backup) = backup
        && let Some(fault) = backup_fault(store, backup).await?
    {
        return Ok(CouponEditOutcome::Invalid(vec![fault]));
    }
    edit(store, id, expected, change, now).await
}

/// Reads a coupon. If the coupon's expiry is due, expires the coupon first: an edit would otherwise lose the expiry
/// event.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn expire_if_due(
    store: &impl CouponStore,
    id: &CouponId,
    now: DateTime<Utc>,
) -> Result<Option<Coupon>, StoreError> {
    let coupon = store.coupon(id).await?;
    match coupon.as_ref().and_then(|coupon| coupon.due_expiry(now)) {
        None => Ok(coupon),
        Some(expires_at) => {
            store.expire_coupon(id, expires_at).await?;
            store.coupon(id).await
        }
    }
}

/// Deletes a coupon if `expected` accepts the coupon's version. If the expiry is due, expires the coupon first, like
/// [`edit`].
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn delete(
    store: &impl CouponStore,
    id: &CouponId,
    expected: impl Fn(Revision) -> bool,
    now: DateTime<Utc>,
) -> Result<CouponEditOutcome, StoreError> {
    let mut seen = None;
    for _ in 0..ATTEMPTS {
        let accepts = |version| expected(version) || seen == Some(version);
        let coupon = match read_for_edit(store, id, accepts, now).await? {
            Ok(coupon) => coupon,
            Err(answer) => return Ok(answer),
        };
        seen = Some(coupon.version);
        if store.delete_coupon(&coupon, now).await? {
            return Ok(CouponEditOutcome::Done(Box::new(Coupon { state: State::Deleted, ..coupon })));
        }
    }
    Err(StoreError::Busy { doing: "deleting a coupon" })
}

/// Reads a coupon if `accepts` accepts the coupon's version. If the expiry is due, expires the
/// coupon first. The expiry creates the next version, which is then also accepted. Any other change
/// makes the caller's version stale.
async fn read_for_edit(
    store: &impl CouponStore,
    id: &CouponId,
    accepts: impl Fn(Revision) -> bool,
    now: DateTime<Utc>,
) -> Result<Result<Coupon, CouponEditOutcome>, StoreError> {
    let Some(coupon) = existing(store, id).await? else { return Ok(Err(CouponEditOutcome::NotFound)) };
    if !accepts(coupon.version) {
        return Ok(Err(CouponEditOutcome::Stale));
    }
    let Some(expires_at) = coupon.due_expiry(now) else { return Ok(Ok(coupon)) };
    store.expire_coupon(id, expires_at).await?;
    let Some(expired) = existing(store, id).await? else { return Ok(Err(CouponEditOutcome::NotFound)) };
    // If the next version of the coupon is expired, the expiry is the only change. This or another
    // instance made that change.
    let is_next = expired.version == coupon.version.next() && expired.state == State::Expired;
    Ok(if is_next || accepts(expired.version) { Ok(expired) } else { Err(CouponEditOutcome::Stale) })
}

/// Returns a coupon that exists and was not deleted.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn existing(store: &impl CouponStore, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
    Ok(store.coupon(id).await?.filter(|coupon| coupon.state != State::Deleted))
}
