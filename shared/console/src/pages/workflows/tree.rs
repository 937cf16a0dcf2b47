//! Steps of a workflow as a nested list.

use serde_json::Value;

use crate::format;

/// Members of a step that hold steps, with the label of the branch.
const BRANCHES: [(&str, &str); 4] = [
    ("then", "If it happens"),
    ("steps", "For each contact"),
    ("else", "Otherwise"),
    ("on_timeout", "After the time-out"),
];

/// Members of a step that the tree shows elsewhere.
const SHOWN_ELSEWHERE: [&str; 7] = ["id", "type", "branches", "then", "steps", "else", "on_timeout"];

/// Longest shown value of a member, in characters.
const MAX_VALUE: usize = 120;

/// Part of the nested list, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    OpenStep(Step),
    CloseStep,
    /// Opens the list of the steps of a branch.
    OpenBranch(String),
    CloseBranch,
}

/// Step of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) id: String,
    /// Type in words, such as `send email`.
    pub(super) kind: String,
    /// Parameters as names and values.
    pub(super) parameters: Vec<(String, String)>,
}

/// Returns the parts of the list for the steps of a document.
pub(super) fn parts(steps: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    add_steps(steps, &mut parts);
    parts
}

fn add_steps(steps: &Value, parts: &mut Vec<Part>) {
    for step in steps.as_array().into_iter().flatten() {
        parts.push(Part::OpenStep(read(step)));
        for (i, branch) in step["branches"].as_array().into_iter().flatten().enumerate() {
            let label = match branch["weight"].as_i64() {
                Some(weight) => format!("Branch {}, weight {weight}", i + 1),
                None => format!("Branch {}, if {}", i + 1, shorten(&branch["filters"].to_string())),
            };
            add_branch(label, &branch["steps"], parts);
        }
        for (member, label) in BRANCHES {
            if step[member].is_array() {
                add_branch(label.to_owned(), &step[member], parts);
            }
        }
        parts.push(Part::CloseStep);
    }
}

fn add_branch(label: String, steps: &Value, parts: &mut Vec<Part>) {
    parts.push(Part::OpenBranch(label));
    add_steps(steps, parts);
    parts.push(Part::CloseBranch);
}

fn read(step: &Value) -> Step {
    let members = step.as_object().into_iter().flatten();
    let parameters = members.filter(|(name, _)| !SHOWN_ELSEWHERE.contains(&name.as_str()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Step {
        id: step["id"].as_str().unwrap_or_default().to_owned(),
        kind: format::state(step["type"].as_str().unwrap_or_default()),
        parameters: parameters.map(|(name, value)| (format::state(name), shorten(&text(value)))).collect(),
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

    #[test]
    fn every_step_of_a_document_is_in_the_tree_and_every_part_is_closed() {
        let text = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let parts = parts(&document["steps"]);
        let (mut ids, mut depth, mut deepest) = (Vec::new(), 0, 0);
        for part in &parts {
            match part {
                Part::OpenStep(step) => {
                    ids.push(step.id.as_str());
                    depth += 1;
                }
                Part::OpenBranch(_) => depth += 1,
                Part::CloseStep | Part::CloseBranch => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        assert_eq!((depth, deepest), (0, 5));
        assert_eq!(ids.len(), text.matches("\"id\": \"").count());
        assert!(ids.contains(&"vip") && ids.contains(&"tell_each"), "{ids:?}");
    }

    #[test]
    fn long_values_are_shortened_at_a_character() {
        let long = "é".repeat(200);
        assert_eq!(shorten(&long), format!("{}…", "é".repeat(120)));
        assert_eq!(shorten("short"), "short");
    }
}
