//! The tree of steps in a workflow document: where the steps and the lists of steps are.

use serde_json::{Map, Value};

use super::fault::EditFaultKind;
use crate::automation::actions::{Branches, StepContents, StepKind};

/// Pointer to the list of steps at the top level.
pub(super) const TOP: &str = "/steps";

/// Member with the branches of a step.
pub(super) const BRANCHES: &str = "branches";

/// Member of a branch with its steps.
const STEPS: &str = "steps";

/// A step in a document.
#[derive(Debug, Clone)]
pub(super) struct StepAt<'d> {
    /// Pointer to the step.
    pub(super) pointer: String,
    /// Pointer to the list that contains the step.
    pub(super) list: String,
    /// Position in the list.
    pub(super) index: usize,
    pub(super) step: &'d Value,
}

impl StepAt<'_> {
    /// Returns the id of the step.
    pub(super) fn id(&self) -> Option<&str> {
        id_of(self.step)
    }

    /// Whether the place with this pointer is in the step.
    pub(super) fn contains(&self, pointer: &str) -> bool {
        pointer.strip_prefix(&self.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the step runs its nested steps in an execution for each contact.
    pub(super) fn is_for_each_contact(&self) -> bool {
        contents(self.step).is_some_and(|contents| contents.per_contact)
    }
}

/// Returns the id of a step.
pub(super) fn id_of(step: &Value) -> Option<&str> {
    step.get("id").and_then(Value::as_str)
}

/// Returns where the step contains other steps and filters. `None` if its `type` is missing or unknown.
fn contents(step: &Value) -> Option<StepContents> {
    let name = step.get("type").and_then(Value::as_str)?;
    StepKind::in_document(name).map(StepKind::contents)
}

/// Whether a member of a step or of a branch contains steps.
pub(super) fn is_list(member: &str) -> bool {
    let is_of = |kind: &StepKind| kind.contents().lists.contains(&member);
    [BRANCHES, STEPS].contains(&member) || StepKind::IN_DOCUMENTS.iter().any(is_of)
}

/// Whether the step can have branches.
pub(super) fn has_branches(step: &Value) -> bool {
    contents(step).is_some_and(|contents| match contents.branches {
        Branches::OfSteps | Branches::Filtered => true,
        Branches::Absent => false,
    })
}

/// Whether the step itself can have filters.
pub(super) fn has_filters(step: &Value) -> bool {
    contents(step).is_some_and(|contents| contents.has_filters)
}

/// Whether the branches of the step can have filters.
pub(super) fn has_filtered_branches(step: &Value) -> bool {
    contents(step).is_some_and(|contents| match contents.branches {
        Branches::Filtered => true,
        Branches::OfSteps | Branches::Absent => false,
    })
}

/// Returns pointers to the lists of steps that a step has or can get, from the step.
pub(super) fn lists(step: &Value) -> Vec<String> {
    let Some(contents) = contents(step) else { return Vec::new() };
    let branches = match contents.branches {
        Branches::OfSteps | Branches::Filtered => step.get(BRANCHES).and_then(Value::as_array).map_or(0, Vec::len),
        Branches::Absent => 0,
    };
    let of_branches = (0..branches).map(|branch| format!("/{BRANCHES}/{branch}/{STEPS}"));
    of_branches.chain(contents.lists.iter().map(|list| format!("/{list}"))).collect()
}

/// Returns every step of a document. A step comes before the steps nested in it, and these come before the next step.
pub(super) fn steps(document: &Value) -> Vec<StepAt<'_>> {
    let mut found = Vec::new();
    collect(document, TOP.to_owned(), TOP, &mut found);
    found
}

/// Returns every step of a list that is not part of a document, such as the steps of a step that is not added yet.
pub(super) fn steps_of(step: &Value) -> Vec<StepAt<'_>> {
    let mut found = vec![StepAt { pointer: String::new(), list: String::new(), index: 0, step }];
    for list in lists(step) {
        collect(step, list.clone(), &list, &mut found);
    }
    found
}

/// Adds the steps of the list at `inner` in `parent`. `list` is the pointer to the list in the document.
fn collect<'d>(parent: &'d Value, list: String, inner: &str, found: &mut Vec<StepAt<'d>>) {
    let Some(steps) = parent.pointer(inner).and_then(Value::as_array) else { return };
    for (index, step) in steps.iter().enumerate() {
        let pointer = format!("{list}/{index}");
        found.push(StepAt { pointer: pointer.clone(), list: list.clone(), index, step });
        for nested in lists(step) {
            collect(step, format!("{pointer}{nested}"), &nested, found);
        }
    }
}

/// Finds the step with an id.
pub(super) fn find<'d>(document: &'d Value, id: &str) -> Result<StepAt<'d>, EditFaultKind> {
    let mut with_id = steps(document).into_iter().filter(|step| step.id() == Some(id));
    match (with_id.next(), with_id.next()) {
        (Some(step), None) => Ok(step),
        (Some(_), Some(_)) => Err(EditFaultKind::StepIsAmbiguous(id.to_owned())),
        (None, _) => Err(EditFaultKind::StepNotFound(id.to_owned())),
    }
}

/// Returns the object at a pointer, which must exist.
pub(super) fn object_at<'d>(
    document: &'d mut Value,
    pointer: &str,
) -> Result<&'d mut Map<String, Value>, EditFaultKind> {
    document.pointer_mut(pointer).and_then(Value::as_object_mut).ok_or(EditFaultKind::NotAnObject)
}

/// Number of elements of the list at a pointer. `None` if the list is absent or null.
pub(super) fn length(document: &Value, list: &str) -> Result<Option<usize>, EditFaultKind> {
    match document.pointer(list) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(elements)) => Ok(Some(elements.len())),
        Some(_) => Err(EditFaultKind::NotAList(list.to_owned())),
    }
}

/// Inserts an element into the list at a pointer. Creates the list if it is absent. `index` must be at most the length.
pub(super) fn insert(document: &mut Value, list: &str, index: usize, element: Value) -> Result<(), EditFaultKind> {
    if length(document, list)?.is_none() {
        let (parent, name) = list.rsplit_once('/').unwrap_or_default();
        object_at(document, parent)?.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    let not_a_list = || EditFaultKind::NotAList(list.to_owned());
    let elements = document.pointer_mut(list).and_then(Value::as_array_mut).ok_or_else(not_a_list)?;
    if index > elements.len() {
        return Err(EditFaultKind::IndexTooHigh(elements.len()));
    }
    elements.insert(index, element);
    Ok(())
}

/// Removes an element from the list at a pointer. With `drop_empty_list`, also removes the list if it becomes empty.
pub(super) fn take(
    document: &mut Value,
    list: &str,
    index: usize,
    drop_empty_list: bool,
) -> Result<Value, EditFaultKind> {
    let not_a_list = || EditFaultKind::NotAList(list.to_owned());
    let elements = document.pointer_mut(list).and_then(Value::as_array_mut).ok_or_else(not_a_list)?;
    if index >= elements.len() {
        return Err(EditFaultKind::IndexTooHigh(elements.len()));
    }
    let element = elements.remove(index);
    if elements.is_empty() && drop_empty_list {
        let (parent, name) = list.rsplit_once('/').unwrap_or_default();
        object_at(document, parent)?.shift_remove(name);
    }
    Ok(element)
}
