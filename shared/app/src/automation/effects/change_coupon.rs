//! Changes of coupons. The domain decides on the change. A conditional write applies the
//! change if no other writer has changed the coupon after the coupon was read.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::actions::ChangeCoupon;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::coupons::coupon::{Coupon, CouponAction, CouponDecision};
use serde_json::{Map, Value, json};

use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::execute::MAX_CONFLICT_RETRIES;
use crate::automation::ports::AutomationStore;
use crate::coupons::edit::expire_if_due;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Changes a coupon. Terms are edited at most once per effect, even if the step is repeated.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    ChangeCoupon { coupon_id, action }: &ChangeCoupon,
) -> Result<Outcome, StoreError> {
    let (effect, action) = (run.effect_id(), *action);
    for _ in 0..MAX_CONFLICT_RETRIES {
        let now = run.system.now();
        let coupon = match action.edits() {
            true => expire_if_due(run.store, coupon_id, now).await?,
            false => run.store.coupon(coupon_id).await?,
        };
        if let Some(coupon) = &coupon
            && action.edits()
            && run.store.was_edited_for(&effect).await?
        {
            return Ok(Outcome::Completed(output(action, coupon)));
        }
        let decision = action.decide(coupon_id, coupon.as_ref(), now);
        if let Some(outcome) = outcome(action, coupon.as_ref(), &decision, now) {
            let is_done = match (&coupon, &decision) {
                (Some(coupon), CouponDecision::Switch(to)) => run.store.set_state(coupon, *to, now).await?,
                (Some(coupon), CouponDecision::Edit(edit)) => {
                    run.store.edit_coupon_for(coupon, edit, &effect, &run.execution.id, now).await?
                }
                (_, CouponDecision::Unchanged | CouponDecision::Skip(_) | CouponDecision::Fail(_))
                | (None, CouponDecision::Switch(_) | CouponDecision::Edit(_)) => true,
            };
            if is_done {
                return Ok(outcome);
            }
        }
    }
    Ok(Outcome::Retry("the coupon kept changing".to_owned()))
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    ChangeCoupon { coupon_id, action }: &ChangeCoupon,
) -> Result<Outcome, StoreError> {
    let now = planned.now;
    let coupon = prediction.coupon(coupon_id).await?;
    let decision = action.decide(coupon_id, coupon.as_ref(), now);
    if let Some(coupon) = &coupon {
        prediction.changes.coupons.insert(coupon_id.clone(), coupon.after(&decision, now));
    }
    let nothing = || Outcome::Failed(format!("there is no coupon {coupon_id}"));
    Ok(outcome(*action, coupon.as_ref(), &decision, now).unwrap_or_else(nothing))
}

/// Returns the outcome of a step whose decision about a coupon was written. Returns `None` if the
/// coupon to change does not exist.
fn outcome(
    action: CouponAction,
    coupon: Option<&Coupon>,
    decision: &CouponDecision,
    now: DateTime<Utc>,
) -> Option<Outcome> {
    match decision {
        CouponDecision::Skip(why) => Some(Outcome::Skipped(why.clone())),
        CouponDecision::Fail(why) => Some(Outcome::Failed(why.clone())),
        CouponDecision::Unchanged | CouponDecision::Switch(_) | CouponDecision::Edit(_) => {
            coupon.map(|coupon| Outcome::Completed(output(action, &coupon.after(decision, now))))
        }
    }
}

/// Returns the output that later steps can refer to.
fn output(action: CouponAction, coupon: &Coupon) -> Map<String, Value> {
    if action.edits() { output_with_terms(coupon) } else { output_with_code(coupon) }
}

fn output_with_code(coupon: &Coupon) -> Map<String, Value> {
    let output = [("coupon_id", json!(coupon.id)), ("code", json!(coupon.terms.code))];
    output.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Returns the output of a step that created a coupon or edited its terms.
pub(super) fn output_with_terms(coupon: &Coupon) -> Map<String, Value> {
    let mut output = output_with_code(coupon);
    output.insert("expires_at".to_owned(), json!(coupon.terms.expires_at));
    output.insert("limit".to_owned(), json!(coupon.terms.max_redemptions));
    output
}
