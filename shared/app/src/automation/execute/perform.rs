//! Performs the effect of a step.

use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::workflow::Step;
use couponflow_domain::contacts::contact::unsubscribe_url;

use super::effect::Effect;
use super::step_run::StepRun;
use super::subscription::subscribe;
use crate::automation::context::{AutomationStore, Outbound};
use crate::delivery::mail::{Draft, deliver};
use crate::delivery::outbound::{notify_slack, notify_topic, post_webhook};
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Performs an effect and returns its outcome.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub(super) async fn perform(&self, step: &Step, effect: Effect) -> Result<Outcome, StoreError> {
        let effect_id = format!("{}_{}", self.execution.id, step.id);
        let now = self.system.now();
        match effect {
            Effect::ChangeSet(change) => self.change_set(&change).await,
            Effect::Mail { to, subject, html, text, to_contact } => {
                if let Some(outcome) = self.reserve_send_slots(to.len()).await? {
                    return Ok(outcome);
                }
                let tenant = &self.execution.event.metadata.tenant_id;
                let unsubscribe_url = self
                    .contact
                    .filter(|_| to_contact)
                    .map(|contact| unsubscribe_url(self.outbound.public_url(), tenant, contact));
                let draft = Draft {
                    to,
                    subject,
                    html,
                    text,
                    unsubscribe_url,
                    tenant: tenant.clone(),
                    execution_id: self.execution.id.clone(),
                    step_id: step.id.clone(),
                    to_contact,
                };
                deliver(self.store, self.outbound, draft).await
            }
            Effect::Webhook { url, content_type, body } => {
                let body = (content_type, body.as_str());
                post_webhook(self.outbound, self.store, &effect_id, &url, body, now).await
            }
            Effect::Slack { url, text } => Ok(notify_slack(self.outbound, &url, &text).await),
            Effect::Topic { topic_arn, subject, text } => {
                let tenant = &self.execution.event.metadata.tenant_id;
                Ok(notify_topic(self.outbound, tenant, &topic_arn, subject.as_deref(), &text).await)
            }
            Effect::ChangeCoupon { coupon_id, action } => self.change_coupon(&effect_id, &coupon_id, action).await,
            Effect::ActivateBackup { coupon_id } => self.activate_backup(&effect_id, &coupon_id).await,
            Effect::Generate(new) => self.generate(step, &new).await,
            Effect::Start(workflow_id) => self.start(&workflow_id).await,
            Effect::Stop(workflow_id) => self.stop(&workflow_id).await,
            Effect::ForEach { audience, first } => self.for_each(step, &audience, first).await,
            Effect::Listen { until } => {
                subscribe(self.store, self.execution).await?;
                Ok(Outcome::ListenUntil(until))
            }
        }
    }
}
