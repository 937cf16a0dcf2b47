//! Redeems the codes of a request: consumes one redemption per code, either for all codes or for none. Consumes at most
//! one redemption per coupon and order.

mod code_state;
mod plan;
mod refresh;
mod results;

pub use results::Results;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{
    Application, AttemptedOperation, Checkout, Codes, RedeemRequest, Redemption, RejectedAttempt,
};
use couponflow_domain::tenants::tenant::TenantId;
use futures_util::future::try_join_all;

use code_state::CodeState;
use plan::{Plan, plan};
use refresh::{apply_conflict, find, refresh};

use crate::coupons::cache::CouponCache;
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::ports::{CommitConflict, CommitOutcome, PendingRedemption, PurchaseStore};

/// Outcome of a redeem request.
#[derive(Debug)]
pub enum Redeemed {
    /// One redemption per code. This request or an earlier request created the redemptions.
    Redemptions(Box<Results<Redemption>>),
    /// Codes that were rejected, with the reasons. One rejected code rejects the whole request.
    Rejected(Results<(CouponCode, CodeRejection)>),
    /// The request names an application that does not exist or that belongs to another order.
    Invalid(FieldError),
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
    store: &impl PurchaseStore,
    cache: &CouponCache,
    tenant: &TenantId,
    request: RedeemRequest,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Redeemed, StoreError> {
    let (checkout, application) = match checkout_of(store, request).await? {
        Ok(found) => found,
        Err(fault) => return Ok(Redeemed::Invalid(fault)),
    };
    let named = application.as_ref().filter(|a| !a.is_unique_code).map(|application| application.coupon_id.clone());
    let mut held = application.filter(|application| application.running_hold(now).is_some());
    let codes = checkout.codes.all();
    let found = try_join_all(codes.iter().map(|code| find(store, cache, tenant, code, named.as_ref(), now))).await?;
    let mut parts = Vec::with_capacity(codes.len());
    for (code, (coupon, unique, freshness)) in codes.iter().zip(found) {
        let (purchase, named, held) = (checkout.purchase(code), named.clone(), held.take());
        parts.push(CodeState { purchase, named, coupon, unique, freshness, held, done: None });
    }
    // Each iteration answers the request or reads newer data for one code. The number of iterations
    // is limited, because a coupon can change faster than the loop reads it.
    for _ in 0..4 + 3 * parts.len() {
        let (places, claims): (Vec<usize>, Vec<PendingRedemption>) = match plan(&parts, now) {
            Plan::Claims(claims) => claims.into_iter().unzip(),
            Plan::Rejected(rejections) => {
                return reject(store, &checkout.codes, &parts, rejections, now, correlation_id).await;
            }
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
                let redemptions = parts.into_iter().filter_map(|part| part.done).collect();
                return Results::of(&checkout.codes, redemptions).map(Box::new).map(Redeemed::Redemptions);
            }
            CommitOutcome::Conflict(claim, CommitConflict::CustomerLimit) => {
                let rejections = vec![(places[claim], Rejection::CustomerLimitReached.into())];
                return reject(store, &checkout.codes, &parts, rejections, now, correlation_id).await;
            }
            CommitOutcome::Conflict(claim, conflict) => {
                apply_conflict(cache, tenant, &mut parts[places[claim]], conflict)
            }
        }
    }
    Err(StoreError::Busy { doing: "redeeming a coupon whose terms keep changing" })
}

/// Records the rejections and returns them.
async fn reject(
    store: &impl PurchaseStore,
    codes: &Codes,
    parts: &[CodeState],
    rejections: Vec<(usize, CodeRejection)>,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Redeemed, StoreError> {
    let mut rejected = Vec::with_capacity(rejections.len());
    for (place, rejection) in rejections {
        let CodeState { purchase, coupon, .. } = &parts[place];
        // A deleted coupon counts as nonexistent, so the attempt is recorded without a coupon.
        let coupon = coupon.as_deref().filter(|coupon| coupon.state != State::Deleted);
        let attempt =
            RejectedAttempt::new(AttemptedOperation::Redeem, purchase, rejection.rejection, now, correlation_id);
        let attempt = if coupon.is_some() { attempt } else { attempt.with_unknown_code() };
        store.record_rejection(&attempt, coupon.map(CouponSnapshot::from).as_ref()).await?;
        rejected.push((purchase.code.clone(), rejection));
    }
    Results::of(codes, rejected).map(Redeemed::Rejected)
}

async fn checkout_of(
    store: &impl PurchaseStore,
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
            Ok((
                Checkout { codes: Codes::One(code), customer, order, source, hold: None, application_token: None },
                Some(application),
            ))
        }
    })
}
