//! Building of a workflow from an empty document.

use serde_json::{Map, Value, json};

use super::{faults, valid_documents};
use crate::automation::workflow::edit::tree::{is_list, lists};
use crate::automation::workflow::edit::{Edit, Edited, Place, edit};

/// Edits that build the document from `{}`, one element at a time.
fn building(document: &Value) -> Vec<Edit> {
    let mut settings = document.as_object().unwrap().clone();
    settings.retain(|name, _| !["trigger", "steps"].contains(&name.as_str()));
    let mut trigger = document["trigger"].clone();
    let filters = trigger.as_object_mut().unwrap().shift_remove("filters");
    let mut edits = vec![Edit::SetSettings { settings }, Edit::SetTrigger { trigger: Some(trigger) }];
    match filters {
        Some(Value::Array(filters)) => edits.extend(filters.into_iter().map(|filter| Edit::AddFilter {
            filters: Default::default(),
            group: String::new(),
            index: None,
            filter,
        })),
        filter => edits.push(Edit::SetFilter { filters: Default::default(), at: String::new(), filter }),
    }
    let steps = document["steps"].as_array().unwrap();
    steps.iter().for_each(|step| add_step(step, &Place::default(), &mut edits));
    edits
}

/// Adds the edits that add a step and the steps nested in it, at the end of a list.
fn add_step(step: &Value, at: &Place, edits: &mut Vec<Edit>) {
    let id = step["id"].as_str().unwrap().to_owned();
    let shallow = |object: &Map<String, Value>| -> Map<String, Value> {
        let kept = object.iter().filter(|(name, _)| !is_list(name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    edits.push(Edit::AddStep { step: shallow(step.as_object().unwrap()), at: at.clone() });
    for branch in step["branches"].as_array().into_iter().flatten() {
        edits.push(Edit::AddBranch { step: id.clone(), index: None, branch: shallow(branch.as_object().unwrap()) });
    }
    for list in lists(step) {
        let place = Place { step: Some(id.clone()), list: Some(list.clone()), index: None };
        let nested = step.pointer(&list).and_then(Value::as_array).into_iter().flatten();
        nested.for_each(|nested| add_step(nested, &place, edits));
    }
}

#[test]
fn workflow_is_built_from_an_empty_document_and_taken_back() {
    let mut made = 0;
    for document in valid_documents() {
        let mut draft = json!({});
        let mut history = Vec::new();
        for change in building(&document) {
            let Edited { document: edited, inverse } = edit(&draft, &change).unwrap();
            history.push((draft, inverse));
            draft = edited;
            made += 1;
        }
        assert_eq!((&draft, faults(&draft)), (&document, Vec::new()));
        let incomplete = history.iter().filter(|(draft, _)| !faults(draft).is_empty()).count();
        assert!(incomplete >= 3, "the document lacks a name, then a trigger, then steps");
        for (before, inverse) in history.into_iter().rev() {
            draft = edit(&draft, &inverse).unwrap().document;
            assert_eq!(draft, before);
        }
        assert_eq!(draft, json!({}));
    }
    assert!(made > 60, "{made}");
}

#[test]
fn faults_of_a_draft_name_what_is_missing() {
    let pointers = |document: &Value| faults(document).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
    assert_eq!(pointers(&json!({})), ["/name", "/trigger", "/steps"]);
    let step = json!({"type": "add_tag"}).as_object().unwrap().clone();
    let named = json!({"name": "n", "trigger": {"type": "coupon_redeemed"}});
    let draft = edit(&named, &Edit::AddStep { step, at: Place::default() }).unwrap().document;
    assert_eq!(pointers(&draft), ["/steps/0/tag"]);
    assert_eq!(draft["steps"][0]["id"], "add_tag", "the step got an id");
}
