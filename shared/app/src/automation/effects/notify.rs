//! Messages to the shop's own team.

use couponflow_domain::automation::actions::Notification;
use couponflow_domain::automation::execution::Outcome;

use super::mail;
use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::outbound::{notify_slack, notify_topic, topic_of};
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    notification: Notification,
) -> Result<Outcome, StoreError> {
    match notification {
        Notification::Email(mail) => mail::perform(run, mail).await,
        Notification::Slack { url, text } => Ok(notify_slack(run.outbound, &url, &text).await),
        Notification::Topic { topic_arn, subject, text } => {
            Ok(notify_topic(run.outbound, run.tenant(), &topic_arn, subject.as_deref(), &text).await)
        }
    }
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    notification: &Notification,
) -> Result<Outcome, StoreError> {
    match notification {
        Notification::Email(mail) => mail::predict(prediction, planned, mail).await,
        Notification::Slack { .. } => Ok(planned.done()),
        Notification::Topic { topic_arn, .. } => {
            let topic = topic_of(topic_arn, &planned.claim.event.metadata.tenant_id);
            Ok(topic.map_or_else(Outcome::Failed, |_| planned.done()))
        }
    }
}
