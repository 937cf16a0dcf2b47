//! Reads the data of one code of a redeem request, and newer data if the code would be rejected.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::tenants::tenant::TenantId;

use super::code_state::{CodeState, Freshness};
use crate::coupons::cache::CouponCache;
use crate::coupons::ports::{Code, CouponStore};
use crate::kernel::error::StoreError;
use crate::purchases::ports::{CommitConflict, PurchaseStore};

/// Reads newer data for a code that would be rejected. For a cached coupon, reads the current
/// coupon. Otherwise, reads the order's hold and redemption, and then the coupon. The order of the
/// reads ensures that no concurrent change is missed: a hold can become a redemption, and a hold or
/// a redemption can be released to the coupon.
pub(super) async fn refresh(
    store: &impl PurchaseStore,
    cache: &CouponCache,
    tenant: &TenantId,
    part: &mut CodeState,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if part.freshness == Freshness::Cached {
        let (code, named) = (&part.purchase.code, part.named.as_ref());
        (part.coupon, part.unique, part.freshness) = load(store, cache, tenant, code, named, now, false).await?;
        return Ok(());
    }
    if let Some(coupon) = &part.coupon {
        let order_id = &part.purchase.order.id;
        // The coupon has holds. One of the holds may belong to this order.
        if coupon.held > 0 && part.hold().is_none() {
            let application = store.application_for_order(&coupon.id, order_id).await?;
            part.held = application.filter(|application| application.running_hold(now).is_some());
        }
        let done = match part.unique {
            Some(_) => store.redemption_of_code(&part.purchase.code).await?,
            None => store.redemption_for_order(&coupon.id, order_id).await?,
        };
        part.done = done.filter(|redemption| redemption.order.id == *order_id);
        if part.done.is_none() && part.hold().is_none() {
            part.coupon = store.coupon(&coupon.id).await?.map(Arc::new);
        }
    }
    part.freshness = Freshness::Verified;
    Ok(())
}

/// Updates the data of a code with the current state that a failed conditional write returned.
pub(super) fn apply_conflict(cache: &CouponCache, tenant: &TenantId, part: &mut CodeState, conflict: CommitConflict) {
    match conflict {
        CommitConflict::Existing(redemption) => part.done = Some(*redemption),
        // The redemption that the ended hold reserved may be available again, so read the coupon
        // again.
        CommitConflict::HoldGone => (part.held, part.freshness) = (None, Freshness::Cached),
        CommitConflict::Code(code) => (part.unique, part.freshness) = (Some(*code), Freshness::Current),
        CommitConflict::CustomerLimit => {}
        // The code of a deleted coupon may belong to another coupon by now, so look up the code
        // again.
        CommitConflict::Coupon(coupon) if coupon.state == State::Deleted => {
            cache.forget(tenant, &part.purchase.code);
            part.coupon = Some(Arc::new(*coupon));
            part.freshness = Freshness::Cached;
        }
        CommitConflict::Coupon(coupon) => {
            let coupon = Arc::new(*coupon);
            if part.unique.is_none() {
                cache.put(tenant, Arc::clone(&coupon));
            }
            (part.coupon, part.freshness) = (Some(coupon), Freshness::Current);
        }
    }
}

/// Takes the coupon of a code from the cache. If the cache does not have the coupon, looks up the code.
pub(super) async fn find(
    store: &impl CouponStore,
    cache: &CouponCache,
    tenant: &TenantId,
    code: &CouponCode,
    named: Option<&CouponId>,
    now: DateTime<Utc>,
) -> Result<(Option<Arc<Coupon>>, Option<UniqueCode>, Freshness), StoreError> {
    match cache.get(tenant, code).filter(|coupon| named.is_none_or(|id| coupon.id == *id)) {
        Some(coupon) => Ok((Some(coupon), None, Freshness::Cached)),
        None => load(store, cache, tenant, code, named, now, true).await,
    }
}

/// Looks up a code and reads its coupon. If `named` is set, reads that coupon without a lookup. If
/// `recent` is true, the coupon of a unique code can come from the cache and be up to
/// [`MAX_RECENT_AGE`](crate::coupons::cache::MAX_RECENT_AGE) old.
async fn load(
    store: &impl CouponStore,
    cache: &CouponCache,
    tenant: &TenantId,
    code: &CouponCode,
    named: Option<&CouponId>,
    now: DateTime<Utc>,
    recent: bool,
) -> Result<(Option<Arc<Coupon>>, Option<UniqueCode>, Freshness), StoreError> {
    let found = match named {
        Some(id) => Some(Code::Shared(id.clone())),
        None => store.code(code).await?,
    };
    match found {
        None => {
            cache.forget(tenant, code);
            Ok((None, None, Freshness::Current))
        }
        Some(Code::Shared(id)) => {
            let coupon = store.coupon(&id).await?.filter(Coupon::accepts_own_code).map(Arc::new);
            // A deleted coupon no longer owns its code.
            let in_use = coupon.iter().filter(|coupon| coupon.state != State::Deleted);
            in_use.for_each(|coupon| cache.put(tenant, Arc::clone(coupon)));
            Ok((coupon, None, Freshness::Current))
        }
        Some(Code::Unique(unique)) => {
            if let Some(coupon) = cache.recent(tenant, &unique.coupon_id, now).filter(|_| recent) {
                return Ok((Some(coupon), Some(*unique), Freshness::Cached));
            }
            let coupon = store.coupon(&unique.coupon_id).await?.map(Arc::new);
            coupon.iter().for_each(|coupon| cache.put_recent(tenant, Arc::clone(coupon), now));
            Ok((coupon, Some(*unique), Freshness::Current))
        }
    }
}
