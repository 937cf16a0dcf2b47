//! Steps that change coupons. The domain decides on the change. A conditional write applies the
//! change if no other writer has changed the coupon after the coupon was read.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::workflow::{NewCoupon, Step};
use couponflow_domain::coupons::code::single_code_generator;
use couponflow_domain::coupons::coupon::{Coupon, CouponAction, CouponDecision, OnlyFor, State, Terms};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::CouponId;
use serde_json::{Map, Value, json};

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::step_run::StepRun;
use crate::automation::context::{AutomationStore, Outbound};
use crate::coupons::edit::expire_if_due;
use crate::coupons::ports::CreateOutcome;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Maximum number of generated codes to try until one is free. About 1 in 10^16 codes is taken.
const MAX_CODE_ATTEMPTS: u32 = 4;

/// Reason why a `replace_with_backup_coupon` step is skipped.
pub(crate) const NO_BACKUP: &str = "the coupon has no backup coupon";

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Changes a coupon. `effect` identifies the effect of the step. Terms are edited at most once
    /// per effect, even if the step is repeated.
    pub(super) async fn change_coupon(
        &self,
        effect: &str,
        id: &CouponId,
        action: CouponAction,
    ) -> Result<Outcome, StoreError> {
        for _ in 0..MAX_CONFLICT_RETRIES {
            let now = self.system.now();
            let coupon = match action.edits() {
                true => expire_if_due(self.store, id, now).await?,
                false => self.store.coupon(id).await?,
            };
            if let Some(coupon) = &coupon
                && action.edits()
                && self.store.was_edited_for(effect).await?
            {
                return Ok(Outcome::Completed(output(action, coupon)));
            }
            let decision = action.decide(id, coupon.as_ref(), now);
            if let Some(outcome) = outcome(action, coupon.as_ref(), &decision, now) {
                let is_done = match (&coupon, &decision) {
                    (Some(coupon), CouponDecision::Switch(to)) => self.store.set_state(coupon, *to, now).await?,
                    (Some(coupon), CouponDecision::Edit(edit)) => {
                        self.store.edit_coupon_for(coupon, edit, effect, &self.execution.id, now).await?
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

    pub(super) async fn activate_backup(&self, effect: &str, id: &CouponId) -> Result<Outcome, StoreError> {
        let backup = self.store.coupon(id).await?.and_then(|coupon| coupon.terms.backup_coupon_id);
        match backup {
            Some(backup) => self.change_coupon(effect, &backup, CouponAction::Switch(State::Active)).await,
            None => Ok(Outcome::Skipped(NO_BACKUP.to_owned())),
        }
    }

    /// Generates a coupon. The coupon's id derives from the step. The coupon's code derives from
    /// random bits in the saved claim. Therefore a retry finds the existing coupon or creates the
    /// same coupon.
    pub(super) async fn generate(&self, step: &Step, new: &NewCoupon) -> Result<Outcome, StoreError> {
        let Some(record) = self.execution.current() else {
            return Ok(Outcome::Retry("the step was not claimed".to_owned()));
        };
        let (since, seed) = (record.started_at, record.memory.seed);
        let id = CouponId::new(since, bits80(&[self.execution.id.as_str(), &step.id]));
        let generator = single_code_generator(&new.prefix, seed);
        for tried in 0..MAX_CODE_ATTEMPTS {
            let only_for = self.contact.filter(|_| new.only_for_contact).map(OnlyFor::from);
            let terms = Terms {
                code: generator.code(0, tried),
                max_redemptions: Some(1),
                expires_at: expiry_of(new, since),
                only_for,
                ..new.terms.clone()
            };
            let coupon = Coupon::new(id.clone(), terms, since).caused_by(&self.execution.id);
            match self.store.create_coupon(&coupon).await? {
                CreateOutcome::New => return Ok(Outcome::Completed(output_with_terms(&coupon))),
                CreateOutcome::Taken => {
                    if let Some(existing) = self.store.coupon(&id).await? {
                        return Ok(Outcome::Completed(output_with_terms(&existing)));
                    }
                }
            }
        }
        Ok(Outcome::Failed("every generated code was taken; use another prefix".to_owned()))
    }
}

/// Returns the outcome of a step whose decision about a coupon was written. Returns `None` if the
/// coupon to change does not exist.
pub(crate) fn outcome(
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

/// Returns when a generated coupon expires. `since` is the time at which the execution reached the
/// step.
pub(crate) fn expiry_of(new: &NewCoupon, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
    new.expires_in.map(|life| since + life.delta())
}

/// Returns the output that later steps can refer to.
fn output(action: CouponAction, coupon: &Coupon) -> Map<String, Value> {
    if action.edits() { output_with_terms(coupon) } else { output_with_code(coupon) }
}

fn output_with_code(coupon: &Coupon) -> Map<String, Value> {
    let output = [("coupon_id", json!(coupon.id)), ("code", json!(coupon.terms.code))];
    output.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn output_with_terms(coupon: &Coupon) -> Map<String, Value> {
    let mut output = output_with_code(coupon);
    output.insert("expires_at".to_owned(), json!(coupon.terms.expires_at));
    output.insert("limit".to_owned(), json!(coupon.terms.max_redemptions));
    output
}
