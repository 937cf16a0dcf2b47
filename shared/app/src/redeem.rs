//! Redeeming a code: consume one redemption, once per coupon and order.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::decision::decide;
use couponflow_domain::input::FieldError;
use couponflow_domain::purchase::{Application, Purchase, RedeemRequest, Redemption};
use couponflow_domain::rejection::Rejection;
use couponflow_domain::tenant::TenantId;

use crate::cache::CouponCache;
use crate::error::StoreError;
use crate::ports::{Applications, Commit, ReadCoupons, Redemptions};
use crate::refusal::Refusal;

/// What came of a redeem request.
#[derive(Debug)]
pub enum Redeemed {
    /// The redemption, new or the one there was.
    Redemption(Box<Redemption>),
    /// A business "no".
    Rejected(Refusal),
    /// The request names something that does not fit.
    Invalid(FieldError),
}

/// Whether a coupon was read for this request or is remembered from an earlier one.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Now,
    Earlier,
}

/// Redeems. On the warm path this is one round trip: the terms are remembered, and the write checks that they, the
/// state, the expiry and the limit still permit it. A refusal is never given by a remembered coupon.
///
/// # Errors
/// Where the store fails or stays too busy; nothing is consumed then, or a repetition finds what was.
pub async fn redeem(
    store: &(impl ReadCoupons + Applications + Redemptions),
    cache: &CouponCache,
    tenant: &TenantId,
    request: RedeemRequest,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Redeemed, StoreError> {
    let (purchase, application) = match purchase_of(store, request).await? {
        Ok(found) => found,
        Err(fault) => return Ok(Redeemed::Invalid(fault)),
    };
    let mut held = application.filter(|application| application.running_hold(now).is_some());
    let not_found = Redeemed::Rejected(Rejection::CouponNotFound.into());
    let (mut coupon, mut seen) = match cache.get(tenant, &purchase.code) {
        Some(coupon) => (coupon, Seen::Earlier),
        None => match load(store, cache, tenant, &purchase).await? {
            Some(coupon) => (coupon, Seen::Now),
            None => return Ok(not_found),
        },
    };
    // Each round either answers or learns what the coupon is now; a coupon that is edited faster than this is busy.
    for _ in 0..4 {
        let for_us = if held.is_some() { Arc::new(coupon.with_hold_returned()) } else { Arc::clone(&coupon) };
        match decide(&for_us, &purchase.order, purchase.customer.as_ref(), now) {
            Ok(discount) => {
                let redemption = Redemption::new(coupon.id.clone(), purchase.clone(), discount, now);
                match store.commit_redemption(&redemption, &coupon, held.as_ref(), now, correlation_id).await? {
                    Commit::Committed => return Ok(Redeemed::Redemption(Box::new(redemption))),
                    Commit::Existing(existing) => return Ok(Redeemed::Redemption(existing)),
                    Commit::CustomerLimit => return Ok(Redeemed::Rejected(Rejection::CustomerLimitReached.into())),
                    Commit::HoldGone => held = None,
                    Commit::Refused(current) => {
                        coupon = Arc::new(*current);
                        seen = Seen::Now;
                        cache.put(tenant, Arc::clone(&coupon));
                    }
                }
            }
            Err(_) if seen == Seen::Earlier => match load(store, cache, tenant, &purchase).await? {
                Some(current) => (coupon, seen) = (current, Seen::Now),
                None => return Ok(not_found),
            },
            Err(rejection) => {
                if let Some(existing) = store.redemption_for_order(&coupon.id, &purchase.order.id).await? {
                    return Ok(Redeemed::Redemption(Box::new(existing)));
                }
                // The last redemptions may be held, one of them for this very order.
                if rejection == Rejection::LimitReached && coupon.held > 0 && held.is_none() {
                    let application = store.application_for_order(&coupon.id, &purchase.order.id).await?;
                    held = application.filter(|application| application.running_hold(now).is_some());
                    if held.is_some() {
                        continue;
                    }
                }
                return Ok(Redeemed::Rejected(Refusal::of(rejection, &coupon)));
            }
        }
    }
    Err(StoreError::Busy { doing: "redeeming a coupon whose terms keep changing" })
}

async fn purchase_of(
    store: &impl Applications,
    request: RedeemRequest,
) -> Result<Result<(Purchase, Option<Application>), FieldError>, StoreError> {
    let (application_id, order) = match request {
        RedeemRequest::Code(purchase) => return Ok(Ok((purchase, None))),
        RedeemRequest::Application { application_id, order } => (application_id, order),
    };
    let fault = |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
    Ok(match store.application(&application_id).await? {
        None => {
            Err(fault("/application_id", "is not the id of an application; apply the code first, or redeem by code"))
        }
        Some(application) if application.order.id != order.id => {
            Err(fault("/order/id", "must be the id of the order that the application is for"))
        }
        Some(application) => {
            let Application { code, customer, source, .. } = application.clone();
            Ok((Purchase { code, customer, order, source, hold: None }, Some(application)))
        }
    })
}

async fn load(
    store: &impl ReadCoupons,
    cache: &CouponCache,
    tenant: &TenantId,
    purchase: &Purchase,
) -> Result<Option<Arc<Coupon>>, StoreError> {
    let coupon = match store.coupon_of_code(&purchase.code).await? {
        Some(id) => store.coupon(&id).await?.map(Arc::new),
        None => None,
    };
    match &coupon {
        Some(coupon) => cache.put(tenant, Arc::clone(coupon)),
        None => cache.forget(tenant, &purchase.code),
    }
    Ok(coupon)
}
