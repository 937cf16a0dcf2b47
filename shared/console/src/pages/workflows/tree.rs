//! Steps of a workflow as a nested list.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filter_rows::{Row, rows};
use crate::format;

/// Members of a step that hold steps, with the types that have them and the label of the branch.
const BRANCHES: [(&str, &str, &str); 4] = [
    ("then", "wait_for_event", "If it happens"),
    ("steps", "for_each_contact", "For each contact"),
    ("else", "branch", "Otherwise"),
    ("on_timeout", "wait_for_event", "After the time-out"),
];

/// Members of a step that the tree shows elsewhere.
const SHOWN_ELSEWHERE: [&str; 8] = ["id", "type", "branches", "then", "steps", "else", "on_timeout", "filters"];

/// Longest shown value of a member, in characters.
const MAX_VALUE: usize = 120;

/// List of steps in a document: the step that contains it and the pointer from this step. Both are absent at the top
/// level. An edit addresses a list in this form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ListOf {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) list: Option<String>,
}

/// Part of the nested list, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    OpenStep(Step),
    CloseStep,
    /// Opens the list of the steps of a branch.
    OpenBranch(Branch),
    CloseBranch(Branch),
}

/// Step of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) id: String,
    /// `type` in the document.
    pub(super) kind: String,
    /// Parameters as names and values.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) filters: Vec<Row>,
    /// Pointer to the step in the document.
    pub(super) pointer: String,
    /// List that contains the step, and the position of the step in it.
    pub(super) list: ListOf,
    pub(super) index: usize,
    pub(super) is_last: bool,
    /// Faults of the document at the step.
    pub(super) faults: Vec<String>,
}

/// Branch of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) label: String,
    /// List of the branch.
    pub(super) list: ListOf,
    /// Position among the branches of the step. Absent for a branch with a name, such as `else`.
    pub(super) index: Option<usize>,
    pub(super) filters: Vec<Row>,
    /// Whether the branch has filters.
    pub(super) is_filtered: bool,
    /// Whether the branch has a weight.
    pub(super) is_weighted: bool,
}

impl Step {
    /// Returns the type in words, such as `Send email`.
    pub(super) fn words(&self) -> String {
        format::title(&self.kind)
    }

    /// Whether the step itself can have filters.
    pub(super) fn is_filtered(&self) -> bool {
        ["wait_for_event", "goal"].contains(&self.kind.as_str())
    }

    /// Whether the step can get more branches.
    pub(super) fn has_branches(&self) -> bool {
        ["branch", "random_split"].contains(&self.kind.as_str())
    }
}

impl Branch {
    /// Returns the id of the step that has the branch.
    pub(super) fn step(&self) -> &str {
        self.list.step.as_deref().unwrap_or_default()
    }
}

/// Returns the parts of the list for the steps of a document. With `all`, the list has the branches that a step can get,
/// too.
pub(super) fn parts(document: &Value, all: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    add_steps(&document["steps"], "/steps", &ListOf::default(), all, &mut parts);
    parts
}

fn add_steps(steps: &Value, pointer: &str, list: &ListOf, all: bool, parts: &mut Vec<Part>) {
    let steps = steps.as_array().map_or(&[][..], Vec::as_slice);
    for (index, step) in steps.iter().enumerate() {
        let read = read(step, format!("{pointer}/{index}"), list, index, index + 1 == steps.len());
        let (pointer, id) = (read.pointer.clone(), read.id.clone());
        parts.push(Part::OpenStep(read));
        for (inner, branch) in branches(step, &id, all) {
            let steps = step.pointer(&inner).unwrap_or(&Value::Null);
            parts.push(Part::OpenBranch(branch.clone()));
            add_steps(steps, &format!("{pointer}{inner}"), &branch.list, all, parts);
            parts.push(Part::CloseBranch(branch));
        }
        parts.push(Part::CloseStep);
    }
}

/// Returns the branches of a step, each with the pointer to its steps.
fn branches(step: &Value, id: &str, all: bool) -> Vec<(String, Branch)> {
    let kind = step["type"].as_str().unwrap_or_default();
    let list = |pointer: &str| ListOf { step: Some(id.to_owned()), list: Some(pointer.to_owned()) };
    let numbered = step["branches"].as_array().into_iter().flatten().enumerate().map(|(index, branch)| {
        let label = match branch["weight"].as_i64() {
            Some(weight) => format!("Branch {}, weight {weight}", index + 1),
            None => format!("Branch {}", index + 1),
        };
        let pointer = format!("/branches/{index}/steps");
        let branch = Branch {
            label,
            list: list(&pointer),
            index: Some(index),
            filters: rows(&branch["filters"]),
            is_filtered: kind == "branch",
            is_weighted: kind == "random_split",
        };
        (pointer, branch)
    });
    let named = BRANCHES.iter().filter_map(|(member, of, label)| {
        let is_shown = step[*member].is_array() || all && *of == kind;
        let pointer = format!("/{member}");
        let (filters, label) = (Vec::new(), (*label).to_owned());
        let branch =
            Branch { label, list: list(&pointer), index: None, filters, is_filtered: false, is_weighted: false };
        is_shown.then_some((pointer, branch))
    });
    numbered.chain(named).collect()
}

fn read(step: &Value, pointer: String, list: &ListOf, index: usize, is_last: bool) -> Step {
    let members = step.as_object().into_iter().flatten();
    let parameters = members.filter(|(name, _)| !SHOWN_ELSEWHERE.contains(&name.as_str()));
    Step {
        id: step["id"].as_str().unwrap_or_default().to_owned(),
        kind: step["type"].as_str().unwrap_or_default().to_owned(),
        parameters: parameters.map(|(name, value)| (format::state(name), shorten(&text(value)))).collect(),
        filters: rows(&step["filters"]),
        pointer,
        list: list.clone(),
        index,
        is_last,
        faults: Vec::new(),
    }
}

/// Returns a value in words: a list without brackets, an object as names and values.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", format::state(name), text(value));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of_all_steps() -> (Value, usize) {
        let text = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        (serde_json::from_str(text).unwrap(), text.matches("\"id\": \"").count())
    }

    #[test]
    fn every_step_of_a_document_is_in_the_tree_and_every_part_is_closed() {
        let (document, count) = of_all_steps();
        let parts = parts(&document, false);
        let (mut ids, mut depth, mut deepest) = (Vec::new(), 0, 0);
        for part in &parts {
            match part {
                Part::OpenStep(step) => {
                    ids.push(step.id.as_str());
                    assert_eq!(document.pointer(&step.pointer).unwrap()["id"], step.id);
                    depth += 1;
                }
                Part::OpenBranch(_) => depth += 1,
                Part::CloseStep | Part::CloseBranch(_) => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        assert_eq!((depth, deepest), (0, 5));
        assert_eq!(ids.len(), count);
        assert!(ids.contains(&"vip") && ids.contains(&"tell_each"), "{ids:?}");
    }

    #[test]
    fn tree_of_an_editor_has_the_branches_that_a_step_can_get() {
        let steps = json!([{"id": "which", "type": "branch"}, {"id": "back", "type": "wait_for_event"},
            {"id": "each", "type": "for_each_contact"}, {"id": "tag", "type": "add_tag"}]);
        let labels = |all| {
            let parts = parts(&json!({"steps": steps}), all).into_iter();
            let label = |part| if let Part::OpenBranch(branch) = part { Some(branch.label) } else { None };
            parts.filter_map(label).collect::<Vec<_>>()
        };
        assert_eq!(labels(true), ["Otherwise", "If it happens", "After the time-out", "For each contact"]);
        assert_eq!(labels(false), [""; 0]);
    }

    #[test]
    fn long_values_are_shortened_at_a_character() {
        let long = "é".repeat(200);
        assert_eq!(shorten(&long), format!("{}…", "é".repeat(120)));
        assert_eq!(shorten("short"), "short");
    }
}
