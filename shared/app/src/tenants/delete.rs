//! Deletes all data of a tenant.

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::deletion::Deletion;

use crate::kernel::error::StoreError;
use crate::kernel::system::Clock;
use crate::tenants::ports::{AccessStore, BeginOutcome};

/// Outcome of a step of the deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// Progress after the step. If the deletion is not finished, another step continues it.
    Progress(Deletion),
    /// The tenant is active. Suspend it first.
    NotSuspended,
    Unknown,
}

/// Starts or continues the deletion of all data of a suspended tenant. Ends after `until`, when the deletion is finished,
/// or when its next pass has to wait. A finished deletion gets another pass.
///
/// Saves the progress after each part, so that a step can be interrupted at any point and repeated. Steps can run
/// concurrently: each step finishes the deletion only after a complete pass of its own that found no item.
///
/// # Errors
/// Returns an error if the store fails. Another step continues after the last saved part.
pub async fn step(
    store: &impl AccessStore,
    clock: &impl Clock,
    until: DateTime<Utc>,
) -> Result<DeleteOutcome, StoreError> {
    let mut deletion = match store.begin_deletion(clock.now()).await? {
        BeginOutcome::Begun(deletion) => deletion,
        BeginOutcome::NotSuspended => return Ok(DeleteOutcome::NotSuspended),
        BeginOutcome::Unknown => return Ok(DeleteOutcome::Unknown),
    };
    while deletion.is_due(clock.now()) && clock.now() < until {
        let (found, next) = store.delete_part(deletion.pass.cursor.as_ref()).await?;
        deletion = deletion.after(found, next, clock.now());
        store.save_deletion(&deletion).await?;
    }
    Ok(DeleteOutcome::Progress(deletion))
}
