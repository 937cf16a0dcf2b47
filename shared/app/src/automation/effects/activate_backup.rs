//! Activation of a backup coupon.

use couponflow_domain::automation::actions::{ActivateBackup, ChangeCoupon};
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::coupons::coupon::{Coupon, CouponAction, State};

use super::change_coupon;
use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Reason why the step is skipped.
const NO_BACKUP: &str = "the coupon has no backup coupon";

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    activate: &ActivateBackup,
) -> Result<Outcome, StoreError> {
    match activation(run.store.coupon(&activate.coupon_id).await?) {
        Some(change) => change_coupon::perform(run, &change).await,
        None => Ok(Outcome::Skipped(NO_BACKUP.to_owned())),
    }
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    activate: &ActivateBackup,
) -> Result<Outcome, StoreError> {
    match activation(prediction.coupon(&activate.coupon_id).await?) {
        Some(change) => change_coupon::predict(prediction, planned, &change).await,
        None => Ok(Outcome::Skipped(NO_BACKUP.to_owned())),
    }
}

/// Returns the change that activates the backup coupon of a coupon.
fn activation(coupon: Option<Coupon>) -> Option<ChangeCoupon> {
    let coupon_id = coupon?.terms.backup_coupon_id?;
    Some(ChangeCoupon { coupon_id, action: CouponAction::Switch(State::Active) })
}
