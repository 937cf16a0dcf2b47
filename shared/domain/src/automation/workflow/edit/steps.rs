//! Edits that add, remove, copy, move and rename steps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::change::{Edit, Edited};
use super::fault::{EditFault, EditFaultKind};
use super::place::Place;
use super::references::{check_kept, redirect, redirect_all, references};
use super::tree::{find, insert, is_list, steps, steps_of, take};
use crate::automation::actions::{MAX_STEP_ID, StepKind};
use crate::automation::workflow::read_step::parse_id;
use crate::automation::workflow::step::ALERT;

/// Adds a step. Gives ids to the step and its nested steps where they have none.
pub(super) fn add(document: &Value, step: &Map<String, Value>, at: &Place) -> Result<Edited, EditFault> {
    let mut step = Value::Object(step.clone());
    let mut taken = taken_ids(document);
    let reserved = referenced_ids(document);
    for (place, pointer) in nested(&step).into_iter().enumerate() {
        let added = step.pointer(&pointer).cloned().unwrap_or_default();
        let kind = added.get("type").and_then(Value::as_str).unwrap_or_default();
        if StepKind::in_document(kind).is_none() {
            return Err(EditFaultKind::UnknownType.at(&format!("/step{pointer}/type")));
        }
        let id = match added.get("id").filter(|id| !id.is_null()) {
            Some(id) => check_id(id.as_str().unwrap_or_default(), &taken, &format!("/step{pointer}/id"))?,
            None => unused_id(kind, &[&taken, &reserved]),
        };
        taken.insert(id.clone());
        if let Some(added) = step.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            match place {
                0 => added.shift_insert(0, "id".to_owned(), Value::String(id)),
                _ => added.insert("id".to_owned(), Value::String(id)),
            };
        }
    }
    let id = step["id"].as_str().unwrap_or_default().to_owned();
    let target = at.find(document, "/at")?;
    let mut edited = document.clone();
    insert(&mut edited, &target.list, target.index, step).map_err(|fault| fault.at("/at"))?;
    let inverse = Edit::RemoveStep { step: id, drop_empty_list: target.is_new_list, force: true };
    Ok(Edited { document: edited, inverse })
}

/// Pointers to a step that is not in a document yet, and to the steps nested in it.
fn nested(step: &Value) -> Vec<String> {
    steps_of(step).into_iter().map(|step| step.pointer).collect()
}

/// Ids that no new step may have.
fn taken_ids(document: &Value) -> BTreeSet<String> {
    let ids = steps(document).into_iter().filter_map(|step| step.id().map(str::to_owned)).collect::<Vec<_>>();
    ids.into_iter().chain([ALERT.to_owned()]).collect()
}

/// Ids to which steps refer, even if no step has the id.
fn referenced_ids(document: &Value) -> BTreeSet<String> {
    references(&steps(document)).into_iter().map(|reference| reference.to).collect()
}

fn check_id(id: &str, taken: &BTreeSet<String>, at: &str) -> Result<String, EditFault> {
    let id = parse_id(id).map_err(|detail| EditFaultKind::InvalidId(detail).at(at))?;
    if taken.contains(&id) { Err(EditFaultKind::IdIsTaken(id).at(at)) } else { Ok(id) }
}

/// Returns an id that is in none of the sets: `base`, or `base` with a number.
fn unused_id(base: &str, used: &[&BTreeSet<String>]) -> String {
    let is_free = |id: &String| !used.iter().any(|used| used.contains(id));
    let numbered = |number: usize| {
        let suffix = format!("_{number}");
        let kept = base.len().min(MAX_STEP_ID - suffix.len());
        format!("{}{suffix}", base.get(..kept).unwrap_or("step"))
    };
    let mut candidates = std::iter::once(base.to_owned()).chain((2..).map(numbered));
    candidates.find(is_free).unwrap_or_default()
}

/// Removes a step with its nested steps.
pub(super) fn remove(document: &Value, id: &str, drop_empty_list: bool, force: bool) -> Result<Edited, EditFault> {
    let step = find(document, id).map_err(|fault| fault.at("/step"))?;
    let at = Place::of(document, &step.list, step.index).map_err(|fault| fault.at("/step"))?;
    let mut edited = document.clone();
    let removed = take(&mut edited, &step.list, step.index, drop_empty_list).map_err(|fault| fault.at("/step"))?;
    if !force {
        check_kept(document, &edited).map_err(|fault| fault.at("/step"))?;
    }
    let Value::Object(removed) = removed else { return Err(EditFaultKind::NotAnObject.at("/step")) };
    Ok(Edited { document: edited, inverse: Edit::AddStep { step: removed, at } })
}

/// Adds a copy after a step. References inside the copy lead to the copies.
pub(super) fn duplicate(document: &Value, id: &str) -> Result<Edited, EditFault> {
    let step = find(document, id).map_err(|fault| fault.at("/step"))?;
    let (mut taken, reserved) = (taken_ids(document), referenced_ids(document));
    let mut ids = BTreeMap::new();
    for nested in steps_of(step.step) {
        let Some(old) = nested.id() else { continue };
        let base = old.trim_end_matches(|c: char| c.is_ascii_digit());
        let base = base.strip_suffix('_').filter(|base| !base.is_empty() && base.len() < old.len() - 1).unwrap_or(old);
        let new = unused_id(base, &[&taken, &reserved]);
        taken.insert(new.clone());
        ids.insert(old.to_owned(), new);
    }
    let mut copy = step.step.clone();
    let new = |old: &str| ids.get(old).cloned();
    for pointer in nested(&copy) {
        if let Some(id) = copy.pointer_mut(&format!("{pointer}/id"))
            && let Some(renamed) = id.as_str().and_then(new)
        {
            *id = Value::String(renamed);
        }
    }
    redirect(&mut copy, &new);
    let copied = new(id).unwrap_or_default();
    let mut edited = document.clone();
    insert(&mut edited, &step.list, step.index + 1, copy).map_err(|fault| fault.at("/step"))?;
    Ok(Edited { document: edited, inverse: Edit::RemoveStep { step: copied, drop_empty_list: false, force: true } })
}

/// Moves a step with its nested steps.
pub(super) fn relocate(
    document: &Value,
    id: &str,
    to: &Place,
    drop_empty_list: bool,
    force: bool,
) -> Result<Edited, EditFault> {
    let step = find(document, id).map_err(|fault| fault.at("/step"))?;
    if step.contains(&to.find_list(document, "/to")?) {
        return Err(EditFaultKind::PlaceIsInsideStep.at("/to"));
    }
    let from = Place::of(document, &step.list, step.index).map_err(|fault| fault.at("/step"))?;
    let mut edited = document.clone();
    // The list that the step leaves is dropped after the step has its new place, which can be in the same list.
    let moved = take(&mut edited, &step.list, step.index, false).map_err(|fault| fault.at("/step"))?;
    let target = to.find(&edited, "/to")?;
    insert(&mut edited, &target.list, target.index, moved).map_err(|fault| fault.at("/to"))?;
    if drop_empty_list {
        drop_if_empty(&mut edited, &from)?;
    }
    if !force {
        check_kept(document, &edited).map_err(|fault| fault.at("/to"))?;
    }
    let inverse = Edit::MoveStep { step: id.to_owned(), to: from, drop_empty_list: target.is_new_list, force: true };
    Ok(Edited { document: edited, inverse })
}

/// Removes the list of a place if the list is empty.
fn drop_if_empty(document: &mut Value, place: &Place) -> Result<(), EditFault> {
    let list = place.find_list(document, "/step")?;
    if document.pointer(&list).and_then(Value::as_array).is_some_and(Vec::is_empty) {
        let (parent, name) = list.rsplit_once('/').unwrap_or_default();
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
        if let Some(parent) = parent {
            parent.shift_remove(name);
        }
    }
    Ok(())
}

/// Renames a step, and changes every reference to its outputs.
pub(super) fn rename(document: &Value, old: &str, new: &str) -> Result<Edited, EditFault> {
    let step = find(document, old).map_err(|fault| fault.at("/step"))?;
    let mut edited = document.clone();
    if old != new {
        check_id(new, &taken_ids(document), "/id")?;
        check_not_referenced(document, new)?;
        let renamed = |id: &str| (id == old).then(|| new.to_owned());
        if let Some(id) = edited.pointer_mut(&format!("{}/id", step.pointer)) {
            *id = Value::String(new.to_owned());
        }
        if let Some(steps) = edited.get_mut("steps") {
            redirect_all(steps, &renamed);
        }
    }
    Ok(Edited { document: edited, inverse: Edit::RenameStep { step: new.to_owned(), id: old.to_owned() } })
}

/// Rejects an id to which steps refer although no step has the id: the references would change their meaning.
fn check_not_referenced(document: &Value, id: &str) -> Result<(), EditFault> {
    let steps = steps(document);
    let places = references(&steps).into_iter().filter(|reference| reference.to == id);
    let pointers: Vec<_> = places.map(|at| format!("{}{}", steps[at.from].pointer, at.member)).collect();
    match pointers.is_empty() {
        true => Ok(()),
        false => Err(EditFaultKind::IdIsReferenced(id.to_owned(), pointers).at("/id")),
    }
}

/// Members of a step that [`Edit::SetStep`] does not set, with the edits that do.
pub(super) fn other_edit(member: &str) -> Option<&'static str> {
    match member {
        "id" => Some("rename_step"),
        "type" => Some("remove_step and add_step"),
        "branches" => Some("add_branch, remove_branch and set_branch"),
        member if is_list(member) => Some("add_step, move_step and remove_step"),
        _ => None,
    }
}
