//! Edits of workflow documents, as an editor makes them: pure functions from a document and an edit to the new document
//! and the inverse edit.
//!
//! The document may be incomplete, for example `{}`. An edit addresses a step by its id, and a list of steps by the id
//! of the step that contains the list, so that an address stays valid when other steps move. [`Definition::review`] names
//! what is missing in the result.
//!
//! Steps refer to the outputs of earlier steps. An edit that would break such a reference is rejected, unless the edit
//! is forced.
//!
//! [`Definition::review`]: super::Definition::review

mod branches;
mod change;
mod fault;
mod filters;
mod filters_of;
mod members;
mod place;
mod read;
mod references;
mod schema;
mod steps;
mod tree;

pub use change::{Edit, Edited};
pub use fault::{EditFault, EditFaultKind};
pub use filters_of::FiltersOf;
pub use place::Place;
pub use read::EditRequest;
pub use schema::request_schemas as edit_schemas;

use serde_json::Value;

/// Edits a document. If an inverse edit restores a member that was null, the member is absent in the result, because
/// null and absent mean the same.
///
/// # Errors
/// Returns a fault if the edit addresses something that does not exist, or if it would break a reference between steps.
pub fn edit(document: &Value, edit: &Edit) -> Result<Edited, EditFault> {
    if !document.is_object() {
        return Err(EditFaultKind::NotAnObject.at(""));
    }
    match edit {
        Edit::SetTrigger { trigger } => members::set_trigger(document, trigger.as_ref()),
        Edit::SetSettings { settings } => members::set_settings(document, settings),
        Edit::AddStep { step, at } => steps::add(document, step, at),
        Edit::RemoveStep { step, drop_empty_list, force } => steps::remove(document, step, *drop_empty_list, *force),
        Edit::DuplicateStep { step } => steps::duplicate(document, step),
        Edit::MoveStep { step, to, drop_empty_list, force } => {
            steps::relocate(document, step, to, *drop_empty_list, *force)
        }
        Edit::RenameStep { step, id } => steps::rename(document, step, id),
        Edit::SetStep { step, members } => members::set_step(document, step, members),
        Edit::AddBranch { step, index, branch } => branches::add(document, step, *index, branch),
        Edit::RemoveBranch { step, index, drop_empty_list, force } => {
            branches::remove(document, step, *index, *drop_empty_list, *force)
        }
        Edit::SetBranch { step, index, members } => branches::set(document, step, *index, members),
        Edit::AddFilter { filters, group, index, filter } => filters::add(document, filters, group, *index, filter),
        Edit::RemoveFilter { filters, at, drop_empty_list } => filters::remove(document, filters, at, *drop_empty_list),
        Edit::SetFilter { filters, at, filter } => filters::set(document, filters, at, filter.as_ref()),
    }
}

#[cfg(test)]
mod tests;
