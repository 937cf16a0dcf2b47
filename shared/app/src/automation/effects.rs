//! Effects of steps: one file for each, with how a run performs the effect and what a dry run predicts.

mod activate_backup;
mod change_coupon;
mod change_labels;
mod for_each_contact;
mod generate_coupon;
mod listen;
mod mail;
mod notify;
mod post;
mod prediction;
mod send_slots;
mod start_workflow;
mod step_run;
mod stop_execution;

pub(super) use prediction::{Changes, Coupons, PlannedEffect, Prediction};
pub(super) use step_run::StepRun;

use couponflow_domain::automation::actions::Effect;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::contacts::contact::Contact;

use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Performs the effect of a claimed step and returns its outcome.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    effect: Effect,
) -> Result<Outcome, StoreError> {
    match effect {
        Effect::ChangeLabels(change) => change_labels::perform(run, &change).await,
        Effect::Mail(mail) => mail::perform(run, mail).await,
        Effect::Notify(notification) => notify::perform(run, notification).await,
        Effect::Post(post) => post::perform(run, &post).await,
        Effect::ChangeCoupon(change) => change_coupon::perform(run, &change).await,
        Effect::ActivateBackup(activate) => activate_backup::perform(run, &activate).await,
        Effect::GenerateCoupon(generate) => generate_coupon::perform(run, &generate).await,
        Effect::StartWorkflow(start) => start_workflow::perform(run, &start).await,
        Effect::StopExecution(stop) => stop_execution::perform(run, &stop).await,
        Effect::ForEachContact(each) => for_each_contact::perform(run, &each).await,
        Effect::Listen(listen) => listen::perform(run, &listen).await,
    }
}

/// Predicts the outcome of an effect. Reads from the store, but writes nothing. Applies the effect to `contact`.
///
/// The functions that a real run uses decide whether a write would be accepted. Calls to other systems, such as sending
/// an e-mail or a webhook, are assumed to succeed.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn predict<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    effect: &Effect,
    contact: &mut Option<Contact>,
) -> Result<Outcome, StoreError> {
    match effect {
        Effect::ChangeLabels(change) => Ok(change_labels::predict(contact, change)),
        Effect::Mail(mail) => mail::predict(prediction, planned, mail).await,
        Effect::Notify(notification) => notify::predict(prediction, planned, notification).await,
        Effect::Post(_) => post::predict(prediction, planned).await,
        Effect::ChangeCoupon(change) => change_coupon::predict(prediction, planned, change).await,
        Effect::ActivateBackup(activate) => activate_backup::predict(prediction, planned, activate).await,
        Effect::GenerateCoupon(generate) => Ok(generate_coupon::predict(planned, generate)),
        Effect::StartWorkflow(start) => start_workflow::predict(prediction, planned, start).await,
        Effect::StopExecution(stop) => stop_execution::predict(prediction, planned, stop).await,
        Effect::ForEachContact(_) => Ok(planned.done()),
        Effect::Listen(listen) => Ok(listen::predict(listen)),
    }
}
