//! References between steps: merge fields of the outputs of earlier steps, and the coupons of earlier steps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::EditFaultKind;
use super::tree::{BRANCHES, StepAt, is_list, steps};
use crate::automation::template::{rename_step, step_references};

/// Use of the outputs of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Position of the step that uses the outputs, in the order of [`steps`].
    pub(super) from: usize,
    /// Pointer to the text, from the step that uses the outputs.
    pub(super) member: String,
    /// Id of the step whose outputs are used.
    pub(super) to: String,
}

/// Returns every use of outputs of other steps.
pub(super) fn references(steps: &[StepAt<'_>]) -> Vec<Reference> {
    let mut found = Vec::new();
    for (from, at) in steps.iter().enumerate() {
        let Some(members) = at.step.as_object() else { continue };
        for (name, value) in members {
            match value {
                Value::Array(branches) if name == BRANCHES => {
                    for (branch, value) in branches.iter().enumerate() {
                        let inside = value.as_object().into_iter().flatten();
                        for (member, value) in inside.filter(|(member, _)| *member != "steps") {
                            search(value, &format!("/{name}/{branch}/{member}"), from, &mut found);
                        }
                    }
                }
                _ if is_list(name) => {}
                _ => search(value, &format!("/{}", escaped(name)), from, &mut found),
            }
        }
    }
    found
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn search(value: &Value, member: &str, from: usize, found: &mut Vec<Reference>) {
    let mut add = |to: &str| found.push(Reference { from, member: member.to_owned(), to: to.to_owned() });
    match value {
        Value::String(text) if is_coupon_step(member) => add(text),
        Value::String(text) => step_references(text).into_iter().for_each(|range| add(&text[range])),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, value)| search(value, &format!("{member}/{i}"), from, found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| search(value, &format!("{member}/{}", escaped(name)), from, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a member names the step that outputs the coupon of a condition.
fn is_coupon_step(member: &str) -> bool {
    member == "/coupon/step"
}

/// Whether the step at `from` can use the outputs of the step at `to`. The step at `to` must come earlier and must not
/// contain the step at `from`. If the step at `to` is inside a `for_each_contact`, the step at `from` must be inside
/// the same `for_each_contact`.
fn is_available(steps: &[StepAt<'_>], from: usize, to: usize) -> bool {
    let (user, used) = (&steps[from], &steps[to]);
    let is_hidden =
        |each: &StepAt<'_>| each.is_for_each_contact() && each.contains(&used.pointer) && !each.contains(&user.pointer);
    to < from && !used.contains(&user.pointer) && !steps.iter().any(is_hidden)
}

/// Returns the references that lead to no available step, with the pointer to the text. The key is the id of the step
/// that uses the outputs, the member and the id of the other step. Omits steps without an id.
fn broken(document: &Value) -> BTreeMap<(String, String, String), String> {
    let steps = steps(document);
    let mut broken = BTreeMap::new();
    for Reference { from, member, to } in references(&steps) {
        let places = steps.iter().enumerate().filter(|(_, step)| step.id() == Some(to.as_str()));
        let is_resolved = places.map(|(place, _)| place).any(|place| is_available(&steps, from, place));
        if let (false, Some(user)) = (is_resolved, steps[from].id()) {
            let pointer = format!("{}{member}", steps[from].pointer);
            broken.insert((user.to_owned(), member, to), pointer);
        }
    }
    broken
}

/// Checks that an edit leaves every working reference intact: the step that it refers to is still available.
pub(super) fn check_kept(before: &Value, after: &Value) -> Result<(), EditFaultKind> {
    let known = broken(before);
    let new: Vec<_> = broken(after).into_keys().filter(|key| !known.contains_key(key)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let steps = steps(before);
    let pointer = |(user, member, _): (String, String, String)| {
        let step = steps.iter().find(|step| step.id() == Some(user.as_str()));
        format!("{}{member}", step.map_or("", |step| step.pointer.as_str()))
    };
    let mut pointers: Vec<String> = new.into_iter().map(pointer).collect();
    pointers.dedup();
    Err(EditFaultKind::BreaksReferences(pointers))
}

/// Changes the ids in the references of a step and of the steps nested in it. `new` returns the new id of a step.
pub(super) fn redirect(step: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
    for (name, value) in step.as_object_mut().into_iter().flatten() {
        match (name.as_str(), value) {
            (BRANCHES, Value::Array(branches)) => {
                for (name, value) in branches.iter_mut().filter_map(Value::as_object_mut).flatten() {
                    if name == "steps" { redirect_all(value, new) } else { redirect_texts(value, new) }
                }
            }
            ("coupon", value) => {
                redirect_texts(value, new);
                if let Some(id) = value.get_mut("step")
                    && let Some(renamed) = id.as_str().and_then(new)
                {
                    *id = Value::String(renamed);
                }
            }
            (name, value) if is_list(name) => redirect_all(value, new),
            (_, value) => redirect_texts(value, new),
        }
    }
}

/// Changes the ids in the references of every step of a list.
pub(super) fn redirect_all(steps: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
    steps.as_array_mut().into_iter().flatten().for_each(|step| redirect(step, new));
}

fn redirect_texts(value: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(renamed) = rename_step(text, new) {
                *text = renamed;
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|value| redirect_texts(value, new)),
        Value::Object(members) => members.values_mut().for_each(|value| redirect_texts(value, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
