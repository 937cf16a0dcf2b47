//! Redeems the codes of a request: consumes one redemption per code, either for all codes or for none. Consumes at most
//! one redemption per coupon and order.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{
    Application, AttemptedOperation, Checkout, CodeCombination, Codes, Purchase, RedeemRequest, Redemption,
    RejectedAttempt,
};
use couponflow_domain::tenants::tenant::TenantId;

use crate::coupons::cache::CouponCache;
use crate::coupons::ports::{Code, ReadCoupons};
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::code_request::CodeRequest;
use crate::purchases::ports::{
    Applications, CommitConflict, CommitOutcome, PendingRedemption, Redemptions, Rejections,
};

/// Outcome of a redeem request.
#[derive(Debug)]
pub enum Redeemed {
    /// One redemption per code, in the order of the codes. This request or an earlier request created the redemptions.
    Redemptions(Vec<Redemption>),
    /// Codes that were rejected, with the reasons. One rejected code rejects the whole request.
    Rejected(Vec<(CouponCode, CodeRejection)>),
    /// The request names an application that does not exist or that belongs to another order.
    Invalid(FieldError),
}

/// Store operations that redeeming needs.
pub trait RedeemStore: ReadCoupons + Applications + Redemptions + Rejections {}

impl<S: ReadCoupons + Applications + Redemptions + Rejections> RedeemStore for S {}

/// Freshness of the data about one code of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Freshness {
    /// The coupon comes from the cache and may be stale.
    Cached,
    /// The coupon was read for this request.
    Current,
    /// The order's redemption and hold of the coupon were also read. Without this freshness,
    /// [`plan`] rejects only a code that was not found.
    Verified,
}

/// One code of the request, with the data that has been read for the code so far.
struct CodeState {
    purchase: Purchase,
    /// Coupon of the application that the request names. Set only for a shared code, because a
    /// shared code can belong to another coupon by now.
    named: Option<CouponId>,
    coupon: Option<Arc<Coupon>>,
    /// State of the unique code, read for this request. `None` for a shared code.
    unique: Option<UniqueCode>,
    freshness: Freshness,
    held: Option<Application>,
    done: Option<Redemption>,
}

impl CodeState {
    /// Returns the order's hold of the current coupon. Ignores a hold of another coupon. The order
    /// can have such a hold if the code's previous coupon was deleted and another coupon now uses
    /// the code.
    fn hold(&self) -> Option<&Application> {
        let coupon = self.coupon.as_ref()?;
        self.held.as_ref().filter(|application| application.coupon_id == coupon.id)
    }
}

/// Next action for a request, based on the data that has been read so far.
enum Plan {
    /// Commit these redemptions. Every other code of the request is already redeemed.
    Claims(Vec<(usize, PendingRedemption)>),
    /// Reject the codes at these indexes.
    Rejected(Vec<(usize, CodeRejection)>),
    /// The code at this index would be rejected, but the code's data is not
    /// [`Freshness::Verified`]. Refresh the data first.
    Unclear(usize),
}

/// Redeems the codes of a request.
///
/// If the coupon of a shared code is cached, the request makes one network call: the conditional
/// write. The write checks that the terms, the state, the expiry and the limit still permit the
/// redemption. A rejection never relies on a cached coupon.
///
/// Several codes are priced one after the other. Each code discounts the order value that the
/// previous codes left. One transaction commits all redemptions.
///
/// # Errors
/// Returns an error if the store fails, or if the coupons keep changing. If redemptions were
/// committed before the error, a repeated request returns them.
pub async fn redeem(
    store: &impl RedeemStore,
    cache: &CouponCache,
    tenant: &TenantId,
    request: RedeemRequest,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Redeemed, StoreError> {
    let (checkout, application) = match checkout_of(store, request).await? {
        Ok(found) => found,
        Err(fault) => return Ok(Redeemed::Invalid(fault)),
    };
    let named = application.as_ref().filter(|a| !a.is_unique_code).map(|application| application.coupon_id.clone());
    let mut held = application.filter(|application| application.running_hold(now).is_some());
    let mut parts = Vec::with_capacity(checkout.codes.all().len());
    for code in checkout.codes.all() {
        let remembered = cache.get(tenant, code).filter(|coupon| named.as_ref().is_none_or(|id| coupon.id == *id));
        let (coupon, unique, freshness) = match remembered {
            Some(coupon) => (Some(coupon), None, Freshness::Cached),
            None => load(store, cache, tenant, code, named.as_ref(), now, true).await?,
        };
        let (purchase, named, held) = (checkout.purchase(code), named.clone(), held.take());
        parts.push(CodeState { purchase, named, coupon, unique, freshness, held, done: None });
    }
    // Each iteration answers the request or reads newer data for one code. The number of iterations
    // is limited, because a coupon can change faster than the loop reads it.
    for _ in 0..4 + 3 * parts.len() {
        let (places, claims): (Vec<usize>, Vec<PendingRedemption>) = match plan(&parts, now) {
            Plan::Claims(claims) => claims.into_iter().unzip(),
            Plan::Rejected(rejections) => return reject(store, &parts, rejections, now, correlation_id).await,
            Plan::Unclear(place) => {
                refresh(store, cache, tenant, &mut parts[place], now).await?;
                continue;
            }
        };
        let commit = match claims.is_empty() {
            true => CommitOutcome::Committed,
            false => store.commit_redemptions(&claims, now, correlation_id).await?,
        };
        match commit {
            CommitOutcome::Committed => {
                for (place, claim) in places.into_iter().zip(claims) {
                    parts[place].done = Some(claim.redemption);
                }
                return Ok(Redeemed::Redemptions(parts.into_iter().filter_map(|part| part.done).collect()));
            }
            CommitOutcome::Conflict(claim, CommitConflict::CustomerLimit) => {
                let rejections = vec![(places[claim], Rejection::CustomerLimitReached.into())];
                return reject(store, &parts, rejections, now, correlation_id).await;
            }
            CommitOutcome::Conflict(claim, conflict) => {
                apply_conflict(cache, tenant, &mut parts[places[claim]], conflict)
            }
        }
    }
    Err(StoreError::Busy { doing: "redeeming a coupon whose terms keep changing" })
}

fn plan(parts: &[CodeState], now: DateTime<Utc>) -> Plan {
    let Some(order) = parts.first().map(|part| &part.purchase.order) else { return Plan::Claims(Vec::new()) };
    let mut combination = CodeCombination::on(order);
    let mut accepted: Vec<&Coupon> = Vec::new();
    // Add the existing redemptions of the order first, because their prices are final.
    for part in parts {
        if let (Some(done), Some(coupon)) = (&part.done, part.coupon.as_deref()) {
            combination.add_redeemed(done);
            accepted.push(coupon);
        }
    }
    let (mut claimed, mut rejections) = (Vec::new(), Vec::new());
    for (place, part) in parts.iter().enumerate().filter(|(_, part)| part.done.is_none()) {
        let Some(coupon) = &part.coupon else {
            rejections.push((place, Rejection::CouponNotFound.into()));
            continue;
        };
        let case = CodeRequest {
            purchase: &part.purchase,
            coupon,
            unique: part.unique.as_ref(),
            owns_a_hold: part.hold().is_some(),
            left: combination.left(),
            accepted: &accepted,
            is_only_code: parts.len() == 1,
        };
        match case.decide(now) {
            Ok(price) => {
                combination.add(coupon, part.purchase.clone(), price, now);
                accepted.push(coupon);
                claimed.push((place, Arc::clone(coupon), part.hold().cloned()));
            }
            Err(_) if part.freshness != Freshness::Verified => return Plan::Unclear(place),
            Err(rejection) => rejections.push((place, rejection)),
        }
    }
    match rejections.is_empty() {
        true => {
            let pending = |((place, coupon, held), redemption)| (place, PendingRedemption { redemption, coupon, held });
            Plan::Claims(std::iter::zip(claimed, combination.redemptions()).map(pending).collect())
        }
        false => Plan::Rejected(rejections),
    }
}

/// Reads newer data for a code that would be rejected. For a cached coupon, reads the current
/// coupon. Otherwise, reads the order's hold and redemption, and then the coupon.
///
/// The order of the reads ensures that no concurrent change is missed: a hold can become a
/// redemption, and a hold or a redemption can be released to the coupon.
async fn refresh(
    store: &impl RedeemStore,
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
fn apply_conflict(cache: &CouponCache, tenant: &TenantId, part: &mut CodeState, conflict: CommitConflict) {
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

/// Records the rejections and returns them.
async fn reject(
    store: &impl Rejections,
    parts: &[CodeState],
    rejections: Vec<(usize, CodeRejection)>,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Redeemed, StoreError> {
    let mut rejected = Vec::with_capacity(rejections.len());
    for (place, rejection) in rejections {
        let CodeState { purchase, coupon, .. } = &parts[place];
        // A deleted coupon counts as nonexistent, so the attempt is recorded without a coupon.
        let coupon = coupon.as_deref().filter(|coupon| coupon.state != State::Deleted);
        let attempt =
            RejectedAttempt::new(AttemptedOperation::Redeem, purchase, rejection.rejection, now, correlation_id);
        store.record_rejection(&attempt, coupon.map(CouponSnapshot::from).as_ref()).await?;
        rejected.push((purchase.code.clone(), rejection));
    }
    Ok(Redeemed::Rejected(rejected))
}

async fn checkout_of(
    store: &impl Applications,
    request: RedeemRequest,
) -> Result<Result<(Checkout, Option<Application>), FieldError>, StoreError> {
    let (application_id, order) = match request {
        RedeemRequest::Checkout(checkout) => return Ok(Ok((checkout, None))),
        RedeemRequest::Application { application_id, order } => (application_id, order),
    };
    let fault = |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
    Ok(match store.application(&application_id).await? {
        None => {
            Err(fault("/application_id", "is not the id of an application; apply the code first, or send code instead"))
        }
        Some(application) if application.order.id != order.id => {
            Err(fault("/order/id", "must be the order id of the application"))
        }
        Some(application) => {
            let Application { code, customer, source, .. } = application.clone();
            Ok((Checkout { codes: Codes::One(code), customer, order, source, hold: None }, Some(application)))
        }
    })
}

/// Looks up a code and reads its coupon. If `named` is set, reads that coupon without a lookup. If
/// `recent` is true, the coupon of a unique code can come from the cache and be up to
/// [`MAX_RECENT_AGE`](crate::coupons::cache::MAX_RECENT_AGE) old.
async fn load(
    store: &impl ReadCoupons,
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
