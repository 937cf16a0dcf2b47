//! Edits of the branches of a step.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::change::{Edit, Edited};
use super::fault::{EditFault, EditFaultKind};
use super::members::{pointer, set_members};
use super::references::check_kept;
use super::tree::{BRANCHES, StepAt, find, has_branches, insert, length, object_at, steps, take};

/// Returns the pointer to the branches of a step, and their number. `None` if the step has no list of branches yet.
fn find_branches(document: &Value, id: &str) -> Result<(String, Option<usize>), EditFault> {
    let step = find(document, id).map_err(|fault| fault.at("/step"))?;
    if !has_branches(step.step) {
        return Err(EditFaultKind::HasNoBranches.at("/step"));
    }
    let list = format!("{}/{BRANCHES}", step.pointer);
    let length = length(document, &list).map_err(|fault| fault.at("/step"))?;
    Ok((list, length))
}

/// Adds a branch. Steps of the branch must have ids.
pub(super) fn add(
    document: &Value,
    id: &str,
    index: Option<usize>,
    branch: &Map<String, Value>,
) -> Result<Edited, EditFault> {
    let (list, length) = find_branches(document, id)?;
    let index = index.unwrap_or(length.unwrap_or(0));
    let mut edited = document.clone();
    insert(&mut edited, &list, index, Value::Object(branch.clone())).map_err(|fault| fault.at("/index"))?;
    check_unique(document, &edited)?;
    let inverse = Edit::RemoveBranch { step: id.to_owned(), index, drop_empty_list: length.is_none(), force: true };
    Ok(Edited { document: edited, inverse })
}

/// Rejects a branch with a step whose id another step has.
fn check_unique(before: &Value, after: &Value) -> Result<(), EditFault> {
    let repeated = |document: &Value| {
        let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        for id in steps(document).iter().filter_map(StepAt::id) {
            if !seen.insert(id.to_owned()) {
                repeated.insert(id.to_owned());
            }
        }
        repeated
    };
    match repeated(after).difference(&repeated(before)).next() {
        Some(id) => Err(EditFaultKind::IdIsTaken(id.clone()).at("/branch/steps")),
        None => Ok(()),
    }
}

/// Removes a branch with its steps.
pub(super) fn remove(
    document: &Value,
    id: &str,
    index: usize,
    drop_empty_list: bool,
    force: bool,
) -> Result<Edited, EditFault> {
    let (list, length) = find_branches(document, id)?;
    let length = length.unwrap_or(0);
    if index >= length {
        return Err(EditFaultKind::BranchNotFound(length).at("/index"));
    }
    let mut edited = document.clone();
    let removed = take(&mut edited, &list, index, drop_empty_list).map_err(|fault| fault.at("/index"))?;
    if !force {
        check_kept(document, &edited).map_err(|fault| fault.at("/index"))?;
    }
    let Value::Object(branch) = removed else { return Err(EditFaultKind::NotAnObject.at("/index")) };
    Ok(Edited { document: edited, inverse: Edit::AddBranch { step: id.to_owned(), index: Some(index), branch } })
}

/// Sets members of a branch.
pub(super) fn set(document: &Value, id: &str, index: usize, members: &Map<String, Value>) -> Result<Edited, EditFault> {
    let (list, length) = find_branches(document, id)?;
    if index >= length.unwrap_or(0) {
        return Err(EditFaultKind::BranchNotFound(length.unwrap_or(0)).at("/index"));
    }
    if members.contains_key("steps") {
        let other = EditFaultKind::OtherEdit("add_step, move_step and remove_step");
        return Err(other.at(&pointer("members", "steps")));
    }
    let mut edited = document.clone();
    let branch = object_at(&mut edited, &format!("{list}/{index}")).map_err(|fault| fault.at("/index"))?;
    let members = set_members(branch, members);
    Ok(Edited { document: edited, inverse: Edit::SetBranch { step: id.to_owned(), index, members } })
}
