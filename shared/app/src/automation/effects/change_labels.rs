//! Changes of the tags and lists of a contact.

use couponflow_domain::automation::actions::ChangeLabels;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::contacts::contact::{Contact, ContactSet, MAX_TAGS_OR_LISTS, SetChange};
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde_json::Map;

use super::step_run::StepRun;
use crate::automation::execute::MAX_CONFLICT_RETRIES;
use crate::automation::ports::AutomationStore;
use crate::contacts::ports::SetChangeOutcome;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Reason why no tag or list is added to a contact that has the maximum number.
const TOO_MANY_TAGS_OR_LISTS: &str = "the contact already has the maximum number of tags or lists";

/// Reason why nothing is changed.
const ERASED: &str = "the contact was erased";

/// Adds or removes a tag or a list of the contact. If executions wait for a signal from the
/// contact, the same transaction sets a timer that is due at once. The timer notifies these
/// executions of the change.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    ChangeLabels(change): &ChangeLabels,
) -> Result<Outcome, StoreError> {
    let mut contact = run.contact.cloned();
    for _ in 0..MAX_CONFLICT_RETRIES {
        let Some(current) = contact else { return Ok(Outcome::Skipped(ERASED.to_owned())) };
        let heard = (!current.listening.is_empty()).then(|| notify_timer(run, &current, change));
        match run.store.change_set(&current, change, heard.as_ref()).await? {
            SetChangeOutcome::Done | SetChangeOutcome::Nothing => return Ok(Outcome::Completed(Map::new())),
            SetChangeOutcome::TooMany => return Ok(Outcome::Failed(TOO_MANY_TAGS_OR_LISTS.to_owned())),
            SetChangeOutcome::ListeningChanged => contact = run.store.contact(&current.id).await?,
        }
    }
    Ok(Outcome::Retry("the contact kept changing".to_owned()))
}

fn notify_timer<S, O, E: Clock + Rng>(run: &StepRun<'_, S, O, E>, contact: &Contact, change: &SetChange) -> Timer {
    let purpose = Purpose::ContactChanged { contact_id: contact.id.clone(), change: change.clone() };
    Timer { tenant_id: run.tenant().clone(), due_at: run.system.now(), purpose }
}

pub(super) fn predict(contact: &mut Option<Contact>, ChangeLabels(change): &ChangeLabels) -> Outcome {
    let Some(current) = contact.take() else { return Outcome::Skipped(ERASED.to_owned()) };
    let changed = current.clone().with(change);
    let size = match change.set() {
        ContactSet::Tags => changed.tags.len(),
        ContactSet::Lists => changed.lists.len(),
    };
    let is_full = change.adds() && changed != current && size > MAX_TAGS_OR_LISTS;
    *contact = Some(if is_full { current } else { changed });
    if is_full { Outcome::Failed(TOO_MANY_TAGS_OR_LISTS.to_owned()) } else { Outcome::Completed(Map::new()) }
}
