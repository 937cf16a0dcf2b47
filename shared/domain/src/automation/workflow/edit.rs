//! Edits of workflow documents, as an editor makes them: pure functions from a document and an edit to the new document
//! and the inverse edit.
//!
//! The document may be incomplete, for example `{}`. An edit addresses a step by its id, and a list of steps by the id
//! of the step that contains the list, so that an address stays valid when other steps move. [`Definition::review`] names
//! what is missing in the result.
//!
//! Steps refer to the outputs of earlier steps. An edit that would break such a reference is refused, unless the edit is
//! forced.
//!
//! [`Definition::review`]: super::Definition::review

mod branches;
mod fault;
mod filters;
mod members;
mod place;
mod read;
mod references;
mod schema;
mod steps;
mod tree;

pub use fault::{EditFault, EditFaultKind};
pub use filters::FiltersOf;
pub use place::Place;
pub use read::EditRequest;
pub use schema::request_schemas as edit_schemas;

use serde::Serialize;
use serde_json::{Map, Value};

/// Change of a workflow document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Edit {
    /// Replaces the trigger and its filters. `None` removes them.
    SetTrigger { trigger: Option<Value> },
    /// Sets the name and settings. Null removes a member.
    SetSettings { settings: Map<String, Value> },
    /// Adds a step. A step without an id gets one.
    AddStep { step: Map<String, Value>, at: Place },
    /// Removes a step and the steps nested in it.
    RemoveStep {
        step: String,
        /// Whether to remove the list of the step as well if it becomes empty.
        #[serde(skip_serializing_if = "is_false")]
        drop_empty_list: bool,
        /// Whether to remove the step even if later steps refer to its outputs.
        #[serde(skip_serializing_if = "is_false")]
        force: bool,
    },
    /// Adds a copy of a step and of the steps nested in it after the step. The copies get new ids.
    DuplicateStep { step: String },
    /// Moves a step and the steps nested in it.
    MoveStep {
        step: String,
        /// Place in the document after the move.
        to: Place,
        /// Whether to remove the list that the step leaves if it becomes empty.
        #[serde(skip_serializing_if = "is_false")]
        drop_empty_list: bool,
        /// Whether to move the step even if outputs become unavailable to steps that refer to them.
        #[serde(skip_serializing_if = "is_false")]
        force: bool,
    },
    /// Changes the id of a step, and every reference to its outputs.
    RenameStep { step: String, id: String },
    /// Sets members of a step, except its id, its type and the steps nested in it. Null removes a member.
    SetStep { step: String, members: Map<String, Value> },
    /// Adds a branch to a step with `branches`.
    AddBranch {
        step: String,
        /// Position among the branches. `None` means the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<usize>,
        branch: Map<String, Value>,
    },
    /// Removes a branch and its steps.
    RemoveBranch {
        step: String,
        index: usize,
        /// Whether to remove the list of branches as well if it becomes empty.
        #[serde(skip_serializing_if = "is_false")]
        drop_empty_list: bool,
        /// Whether to remove the branch even if later steps refer to outputs of its steps.
        #[serde(skip_serializing_if = "is_false")]
        force: bool,
    },
    /// Sets members of a branch, except its steps. Null removes a member.
    SetBranch { step: String, index: usize, members: Map<String, Value> },
    /// Adds a condition or a group of conditions, such as `{"any": []}`.
    AddFilter {
        #[serde(skip_serializing_if = "FiltersOf::is_of_trigger")]
        filters: FiltersOf,
        /// Pointer to the list to which the filter is added, from `filters`. Empty for the whole list.
        group: String,
        /// Position in the group. `None` means the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<usize>,
        filter: Value,
    },
    /// Removes a condition, or a group with its conditions.
    RemoveFilter {
        #[serde(skip_serializing_if = "FiltersOf::is_of_trigger")]
        filters: FiltersOf,
        /// Pointer to the filter, from `filters`.
        at: String,
        /// Whether to remove the member `filters` if its list becomes empty.
        #[serde(skip_serializing_if = "is_false")]
        drop_empty_list: bool,
    },
    /// Replaces a condition or a group.
    SetFilter {
        #[serde(skip_serializing_if = "FiltersOf::is_of_trigger")]
        filters: FiltersOf,
        /// Pointer to the filter, from `filters`. Empty for all filters.
        at: String,
        /// `None` removes all filters. Only permitted if `at` is empty.
        filter: Option<Value>,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Result of an edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    pub document: Value,
    /// Edit that turns the new document into the previous one.
    pub inverse: Edit,
}

/// Edits a document. In the result, a member that was null and is restored by the inverse edit is absent: both mean the
/// same.
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
