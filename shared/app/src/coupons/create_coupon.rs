//! Creates coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, Terms};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input::{Errors, FieldError};

use crate::coupons::backup_coupon::backup_fault;
use crate::coupons::ports::{CouponStore, CreateOutcome};
use crate::kernel::error::StoreError;
use crate::tenants::idempotency::Seed;

/// Outcome of creating a coupon.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateCouponOutcome {
    /// The coupon is stored.
    Created(Box<Coupon>),
    /// Another coupon has this code.
    CodeTaken(CouponCode),
    /// The terms are invalid for a new coupon.
    Invalid(Errors),
}

/// Creates a coupon with an id that derives from `seed`. If the terms have an expiry, the expiry
/// must be in the future. If the terms name a backup coupon, the backup coupon must exist.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn create(
    store: &impl CouponStore,
    terms: Terms,
    seed: Seed,
    now: DateTime<Utc>,
) -> Result<CreateCouponOutcome, StoreError> {
    let mut errors = Errors::new();
    if terms.expires_at.is_some_and(|expires_at| expires_at <= now) {
        errors.push(FieldError { pointer: "/expires_at".into(), detail: "must be in the future".into() });
    }
    if let Some(backup) = &terms.backup_coupon_id {
        errors.extend(backup_fault(store, backup).await?);
    }
    if !errors.is_empty() {
        return Ok(CreateCouponOutcome::Invalid(errors));
    }
    let coupon = Coupon::new(CouponId::new(seed.at, seed.bits), terms, seed.at);
    Ok(match store.create_coupon(&coupon).await? {
        CreateOutcome::New => CreateCouponOutcome::Created(Box::new(coupon)),
        CreateOutcome::Taken => CreateCouponOutcome::CodeTaken(coupon.terms.code),
    })
}
