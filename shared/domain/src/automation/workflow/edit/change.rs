//! Edits and their results.

use serde::Serialize;
use serde_json::{Map, Value};

use super::filters_of::FiltersOf;
use super::place::Place;

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
