//! Steps that change the tags and lists of a contact.

use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::contacts::contact::{Contact, SetChange};
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde_json::Map;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::step_run::StepRun;
use crate::automation::context::{AutomationStore, Outbound};
use crate::contacts::ports::SetChangeOutcome;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Reason why no tag or list is added to a contact that has the maximum number.
pub(crate) const TOO_MANY_TAGS_OR_LISTS: &str = "the contact already has the maximum number of tags or lists";

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Adds or removes a tag or a list of the contact. If executions wait for a signal from the
    /// contact, the same transaction sets a timer that is due at once. The timer notifies these
    /// executions of the change.
    pub(super) async fn change_set(&self, change: &SetChange) -> Result<Outcome, StoreError> {
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
}
