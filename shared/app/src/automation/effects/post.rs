//! Webhooks.

use couponflow_domain::automation::actions::Post;
use couponflow_domain::automation::execution::Outcome;

use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::outbound::{NO_SECRET, post_webhook};
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    Post { url, content_type, body }: &Post,
) -> Result<Outcome, StoreError> {
    post_webhook(run.outbound, run.store, &run.effect_id(), url, (content_type, body), run.system.now()).await
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
) -> Result<Outcome, StoreError> {
    Ok(match prediction.store.signing_secrets(planned.now).await?.is_empty() {
        true => Outcome::Failed(NO_SECRET.to_owned()),
        false => planned.done(),
    })
}
