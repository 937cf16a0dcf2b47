//! Records what was decided on the codes of an apply request: applications with their holds, and rejected attempts.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, AttemptedOperation, Maker, Purchase, RejectedAttempt};

use super::backup::backup_of;
use super::code_state::{CodeState, no_coupon};
use super::decide::Decided;
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::ports::{HoldOutcome, PurchaseStore};

/// Outcome of applying one code.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub code: CouponCode,
    /// Application of the code, or the reason for its rejection.
    pub outcome: Result<Application, CodeRejection>,
    /// Code of the backup coupon. Set if the coupon is used up, paused or expired, and offers an
    /// available backup coupon.
    pub backup: Option<CouponCode>,
}

/// Outcome of recording the applications of a request.
pub(super) enum Recorded {
    All,
    /// A write conflicted, and the codes must be decided again.
    Conflict,
    /// The caller may not replace the order's application.
    Denied,
}

/// Records the applications with their holds. Applications that were recorded before a conflict
/// stay. An application is recorded again only if the next decision changes it.
pub(super) async fn record(
    store: &impl PurchaseStore,
    parts: &mut [CodeState],
    decided: &Decided,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Recorded, StoreError> {
    for (part, outcome) in parts.iter_mut().zip(&decided.outcomes) {
        let (Some(coupon), Ok(application)) = (&part.coupon, outcome) else { continue };
        let is_new = part.recorded.as_ref().is_none_or(|recorded| recorded.fingerprint() != application.fingerprint());
        if !is_new {
            continue;
        }
        if application.hold.is_none() {
            let snapshot = CouponSnapshot::from(coupon);
            match store.record_application(application, &snapshot, correlation_id).await? {
                Some(recorded) => part.recorded = Some(recorded),
                None => return Ok(Recorded::Denied),
            }
            continue;
        }
        match store.hold(application, coupon, now, correlation_id).await? {
            HoldOutcome::Held(application) => part.recorded = Some(*application),
            HoldOutcome::CodeTaken => {
                part.refused = Some(Rejection::CodeAlreadyUsed.into());
                return Ok(Recorded::Conflict);
            }
            HoldOutcome::Rejected(current) => {
                part.coupon = Some(*current);
                part.refresh(store, now).await?;
                return Ok(Recorded::Conflict);
            }
            HoldOutcome::Denied => return Ok(Recorded::Denied),
            HoldOutcome::Changed => {
                part.refresh(store, now).await?;
                return Ok(Recorded::Conflict);
            }
        }
    }
    Ok(Recorded::All)
}

/// Records the rejections and returns the outcome of each code.
pub(super) async fn record_rejections(
    store: &impl PurchaseStore,
    parts: Vec<CodeState>,
    decided: Decided,
    maker: Maker,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Vec<Applied>, StoreError> {
    let mut applied = Vec::with_capacity(parts.len());
    for (part, outcome) in parts.into_iter().zip(decided.outcomes) {
        let CodeState { purchase, coupon, recorded, redeemed_by_customer, .. } = part;
        let mut backup = None;
        let outcome = match outcome {
            Ok(application) => Ok(recorded.unwrap_or(application)),
            Err(rejection) => {
                let attempt = RejectedAttempt::new(
                    AttemptedOperation::Apply,
                    &purchase,
                    rejection.rejection,
                    now,
                    correlation_id,
                )
                .with_other_discounts(decided.taken);
                // A deleted coupon counts as nonexistent, so the attempt is recorded without a coupon.
                let coupon = coupon.filter(|coupon| coupon.state != State::Deleted);
                let is_hidden =
                    maker == Maker::Storefront && rejection.rejection.for_storefront() == Rejection::CouponNotFound;
                if is_hidden && redeemed_by_customer.is_none() {
                    hide_reads(store, &purchase).await?;
                }
                if let Some(coupon) = coupon.as_ref().filter(|_| !is_hidden) {
                    backup = backup_of(store, coupon, rejection.rejection, now).await?;
                }
                let attempt = if coupon.is_some() { attempt } else { attempt.with_unknown_code() };
                store.record_rejection(&attempt, coupon.as_ref().map(CouponSnapshot::from).as_ref()).await?;
                Err(rejection)
            }
        };
        applied.push(Applied { code: purchase.code, outcome, backup });
    }
    Ok(applied)
}

/// Reads the customer's counters of a coupon that does not exist. Every reason that a browser gets as *not found* takes
/// the same store calls, so that their duration does not reveal which codes exist.
async fn hide_reads(store: &impl PurchaseStore, purchase: &Purchase) -> Result<(), StoreError> {
    if let Some(customer) = &purchase.customer {
        store.redeemed_by(&no_coupon(&purchase.code), customer).await?;
    }
    Ok(())
}
