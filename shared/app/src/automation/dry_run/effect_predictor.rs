//! Predicts the outcome of effects. Reads from the store, but writes nothing.
//!
//! The functions that a real run uses decide whether a write would be accepted. Calls to other
//! systems, such as sending an e-mail or a webhook, are assumed to succeed.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{Execution, Outcome};
use couponflow_domain::automation::plan::entry;
use couponflow_domain::automation::workflow::{NewCoupon, Step};
use couponflow_domain::contacts::contact::{Contact, ContactSet, MAX_TAGS_OR_LISTS, SetChange};
use couponflow_domain::coupons::coupon::{Coupon, CouponAction, State};
use couponflow_domain::kernel::ids::{CouponId, ExecutionId, WorkflowId};
use serde_json::{Map, json};

use super::admission::skip_reason;
use crate::automation::context::AutomationStore;
use crate::automation::execute::{
    ALREADY_RUN, Effect, NO_BACKUP, NOTHING_TO_STOP, TOO_MANY_TAGS_OR_LISTS, expiry_of, not_published, outcome,
};
use crate::delivery::mail::suppression_reason;
use crate::delivery::outbound::{NO_SECRET, topic_of};
use crate::kernel::error::StoreError;

/// Coupons that were read for a request. Each coupon is read once.
pub(super) type Coupons = HashMap<CouponId, Option<Coupon>>;

/// Changes that one execution would have made so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    coupons: HashMap<CouponId, Coupon>,
    started: HashMap<WorkflowId, ExecutionId>,
    stopped: HashSet<ExecutionId>,
}

/// Predicts the effects of one execution, in order.
pub(super) struct EffectPredictor<'a, S> {
    pub(super) store: &'a S,
    pub(super) read: &'a mut Coupons,
    pub(super) changes: Changes,
}

impl<S: AutomationStore> EffectPredictor<'_, S> {
    /// Predicts the outcome of a claimed step's effect at `now`. Applies the effect to `contact`.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub(super) async fn outcome(
        &mut self,
        claim: &Execution,
        step: &Step,
        effect: &Effect,
        contact: &mut Option<Contact>,
        now: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let done = || Outcome::Completed(step.placeholders(&claim.event.data.coupon, now));
        Ok(match effect {
            Effect::ChangeSet(change) => change_set(contact, change),
            Effect::Mail { to, to_contact: true, .. } => {
                suppression_reason(self.store, to).await?.map_or_else(done, Outcome::Skipped)
            }
            Effect::Webhook { .. } => match self.store.signing_secrets(now).await?.is_empty() {
                true => Outcome::Failed(NO_SECRET.to_owned()),
                false => done(),
            },
            Effect::Topic { topic_arn, .. } => {
                let topic = topic_of(topic_arn, &claim.event.metadata.tenant_id);
                topic.map_or_else(Outcome::Failed, |_| done())
            }
            Effect::Mail { to_contact: false, .. } | Effect::Slack { .. } | Effect::ForEach { .. } => done(),
            Effect::ChangeCoupon { coupon_id, action } => self.change_coupon(coupon_id, *action, now).await?,
            Effect::ActivateBackup { coupon_id } => {
                let backup = self.coupon(coupon_id).await?.and_then(|coupon| coupon.terms.backup_coupon_id);
                match backup {
                    Some(backup) => self.change_coupon(&backup, CouponAction::Switch(State::Active), now).await?,
                    None => Outcome::Skipped(NO_BACKUP.to_owned()),
                }
            }
            Effect::Generate(new) => Outcome::Completed(generated(claim, step, new, now)),
            Effect::Start(workflow_id) => self.start(claim, step, workflow_id, now).await?,
            Effect::Stop(workflow_id) => self.stop(claim, workflow_id).await?,
            Effect::Listen { until } => Outcome::ListenUntil(*until),
        })
    }

    async fn coupon(&mut self, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
        if let Some(changed) = self.changes.coupons.get(id) {
            return Ok(Some(changed.clone()));
        }
        if let Some(read) = self.read.get(id) {
            return Ok(read.clone());
        }
        let coupon = self.store.coupon(id).await?;
        self.read.insert(id.clone(), coupon.clone());
        Ok(coupon)
    }

    async fn change_coupon(
        &mut self,
        id: &CouponId,
        action: CouponAction,
        now: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let coupon = self.coupon(id).await?;
        let decision = action.decide(id, coupon.as_ref(), now);
        if let Some(coupon) = &coupon {
            self.changes.coupons.insert(id.clone(), coupon.after(&decision, now));
        }
        let nothing = || Outcome::Failed(format!("there is no coupon {id}"));
        Ok(outcome(action, coupon.as_ref(), &decision, now).unwrap_or_else(nothing))
    }

    async fn start(
        &mut self,
        claim: &Execution,
        step: &Step,
        id: &WorkflowId,
        now: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let Some(workflow) = self.store.published(id).await? else {
            return Ok(Outcome::Skipped(not_published(id)));
        };
        let child = entry(&claim.event(), claim.contact.as_ref(), &workflow, &claim.chain_for_effects(), now);
        // If an earlier step of this execution would start the workflow, this step would complete
        // without another check.
        if !self.changes.started.contains_key(id) {
            if child.execution.id.key() == claim.id.key() {
                return Ok(Outcome::Skipped(ALREADY_RUN.to_owned()));
            }
            if let Some(why) = skip_reason(self.store, &child, None).await? {
                return Ok(Outcome::Skipped(why));
            }
        }
        self.changes.started.insert(id.clone(), child.execution.id);
        Ok(Outcome::Completed(step.placeholders(&claim.event.data.coupon, now)))
    }

    async fn stop(&mut self, claim: &Execution, id: &WorkflowId) -> Result<Outcome, StoreError> {
        let under_way = match (self.changes.started.get(id), &claim.contact) {
            (Some(started), _) => Some(started.clone()),
            (None, Some(contact)) => match self.store.entered(id, contact).await? {
                Some(entered) => {
                    let entered = self.store.execution(&entered).await?;
                    entered.filter(|execution| !execution.status.is_over()).map(|execution| execution.id)
                }
                None => None,
            },
            (None, None) => None,
        };
        Ok(match under_way {
            Some(id) if self.changes.stopped.insert(id.clone()) => {
                Outcome::Completed(Map::from_iter([("execution_id".to_owned(), json!(id))]))
            }
            _ => Outcome::Skipped(NOTHING_TO_STOP.to_owned()),
        })
    }
}

fn change_set(contact: &mut Option<Contact>, change: &SetChange) -> Outcome {
    let Some(current) = contact.take() else { return Outcome::Skipped("the contact was erased".to_owned()) };
    let changed = current.clone().with(change);
    let size = match change.set() {
        ContactSet::Tags => changed.tags.len(),
        ContactSet::Lists => changed.lists.len(),
    };
    let is_full = change.adds() && changed != current && size > MAX_TAGS_OR_LISTS;
    *contact = Some(if is_full { current } else { changed });
    if is_full { Outcome::Failed(TOO_MANY_TAGS_OR_LISTS.to_owned()) } else { Outcome::Completed(Map::new()) }
}

/// Returns the predicted output of a generated coupon: the expiry, and placeholders for other values such as the code.
fn generated(claim: &Execution, step: &Step, new: &NewCoupon, now: DateTime<Utc>) -> Map<String, serde_json::Value> {
    let since = claim.current().map_or(now, |record| record.started_at);
    let mut output = step.placeholders(&claim.event.data.coupon, now);
    output.insert("expires_at".to_owned(), json!(expiry_of(new, since)));
    output
}
