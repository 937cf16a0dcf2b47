//! Performing the effect of a step.

use chrono::TimeDelta;
use couponflow_domain::contact::{Contact, SetChange, unsubscribe_url};
use couponflow_domain::execution::{Execution, Outcome};
use couponflow_domain::timer::{Purpose, Timer};
use couponflow_domain::workflow::{Definition, Step};
use serde_json::Map;

use super::effect::Effect;
use super::{MAX_CONFLICT_RETRIES, listen};
use crate::error::StoreError;
use crate::mail::{Draft, deliver};
use crate::outbound::{notify_slack, notify_topic, post_webhook};
use crate::ports::{AutomationStore, Clock, Outbound, Rng, SetChangeOutcome};

/// Longest wait for a send slot within the call. For a later slot, the step waits for a timer instead.
const MAX_SLOT_WAIT: TimeDelta = TimeDelta::milliseconds(250);

/// Why a tag or a list is not added to a contact that has too many.
pub(crate) const TOO_MANY_TAGS_OR_LISTS: &str = "the contact already has the maximum number of tags or lists";

/// Claimed step of an execution, with the ports to perform it.
pub(super) struct StepRun<'a, S, O, E> {
    pub(super) store: &'a S,
    pub(super) outbound: &'a O,
    pub(super) system: &'a E,
    pub(super) workflow: &'a Definition,
    pub(super) execution: &'a Execution,
    pub(super) contact: Option<&'a Contact>,
}

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Performs an effect and returns its outcome.
    ///
    /// # Errors
    /// If the store fails.
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
                listen(self.store, self.execution).await?;
                Ok(Outcome::ListenUntil(until))
            }
        }
    }

    /// Changes a tag or a list. If executions listen to the contact, a timer that is due at once, set in the same
    /// transaction, notifies them.
    async fn change_set(&self, change: &SetChange) -> Result<Outcome, StoreError> {
        let mut contact = self.contact.cloned();
        for _ in 0..MAX_CONFLICT_RETRIES {
            let Some(current) = contact else {
                return Ok(Outcome::Skipped("the contact was erased".to_owned()));
            };
            let heard = (!current.listening.is_empty()).then(|| self.notify_timer(&current, change));
            match self.store.change_set(&current, change, heard.as_ref()).await? {
                SetChangeOutcome::Done | SetChangeOutcome::Nothing => return Ok(Outcome::Completed(Map::new())),
                SetChangeOutcome::TooMany => return Ok(Outcome::Failed(TOO_MANY_TAGS_OR_LISTS.to_owned())),
                SetChangeOutcome::ListeningChanged => contact = self.store.contact(&current.id).await?,
            }
        }
        Ok(Outcome::Retry("the contact kept changing".to_owned()))
    }

    fn notify_timer(&self, contact: &Contact, change: &SetChange) -> Timer {
        let purpose = Purpose::ContactChanged { contact_id: contact.id.clone(), change: change.clone() };
        let tenant_id = self.execution.event.metadata.tenant_id.clone();
        Timer { tenant_id, due_at: self.system.now(), purpose }
    }

    /// Reserves one send slot per recipient. Returns an outcome if the slot is too far away to wait for, `None` once
    /// the e-mail may be sent.
    async fn reserve_send_slots(&self, recipients: usize) -> Result<Option<Outcome>, StoreError> {
        let has_slot = self.execution.current().is_some_and(|record| record.memory.slot.is_some());
        if has_slot {
            return Ok(None);
        }
        let now = self.system.now();
        let mut instant = now;
        for _ in 0..recipients {
            instant = self.outbound.reserve(now).await?;
        }
        match (instant - now).to_std() {
            Ok(soon) if instant - now > MAX_SLOT_WAIT => {
                let why = format!("rate limited; sending in {} s", soon.as_secs() + 1);
                Ok(Some(Outcome::NotBefore { instant, why, is_slot: true }))
            }
            Ok(soon) => {
                tokio::time::sleep(soon).await;
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    pub(super) fn completed<const N: usize>(output: [(&str, serde_json::Value); N]) -> Outcome {
        Outcome::Completed(output.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
