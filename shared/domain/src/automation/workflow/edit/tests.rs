mod building;
mod random;
mod references;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::tree::{StepAt, lists, steps};
use super::*;
use crate::automation::workflow::Definition;
use crate::automation::workflow_template::WorkflowTemplate;
use crate::delivery::webhook::UrlPolicy;
use crate::kernel::digest::bits80;
use crate::kernel::input;
use crate::kernel::input::Errors;
use random::{Choices, random_edit};

/// The workflow with every step, and the workflows of the shipped templates.
fn valid_documents() -> Vec<Value> {
    let all = include_str!("../../../../../../events/samples/workflow-of-all-steps.json");
    let id = |place: usize| crate::kernel::ids::WorkflowId::new(chrono::DateTime::UNIX_EPOCH, [place as u8; 10]);
    let of_templates = WorkflowTemplate::shipped().into_iter().flat_map(|template| {
        let values = input::read(&json!({}), |field, errors| template.read_values(field, errors)).unwrap();
        template.workflows_with(&values, id).into_iter().map(|(_, document)| document).collect::<Vec<_>>()
    });
    [serde_json::from_str(all).unwrap()].into_iter().chain(of_templates).collect()
}

fn faults(document: &Value) -> Errors {
    Definition::review(document, UrlPolicy::Public).err().unwrap_or_default()
}

fn ids(document: &Value) -> Vec<String> {
    steps(document).iter().filter_map(StepAt::id).map(str::to_owned).collect()
}

/// Whether the validation found a reference that leads to no available step.
fn is_of_reference(detail: &str) -> bool {
    detail.contains("which is not available here") || detail.contains("must be the id of an earlier step")
}

fn random_document() -> impl Strategy<Value = Value> {
    let documents = valid_documents();
    let count = documents.len();
    (0..count).prop_map(move |place| documents[place].clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn edit_of_a_valid_document_gives_a_valid_document_or_a_named_fault(
        document in random_document(),
        choices in any::<Choices>(),
    ) {
        let change = random_edit(&document, choices);
        match edit(&document, &change) {
            Ok(Edited { document: edited, .. }) => {
                let faults = faults(&edited);
                let keeps_references = match &change {
                    Edit::RemoveStep { force, .. } | Edit::MoveStep { force, .. } | Edit::RemoveBranch { force, .. } => !force,
                    Edit::DuplicateStep { .. } | Edit::RenameStep { .. } | Edit::AddBranch { .. } => true,
                    _ => false,
                };
                let broken = faults.iter().find(|fault| is_of_reference(&fault.detail));
                prop_assert!(!keeps_references || broken.is_none(), "{change:?}: {broken:?}");
                if let Edit::RenameStep { .. } = change {
                    prop_assert_eq!(&faults, &Errors::new(), "a renamed step changes nothing else");
                }
                for fault in faults {
                    let (parent, _) = fault.pointer.rsplit_once('/').unwrap_or_default();
                    prop_assert!(edited.pointer(parent).is_some(), "{fault:?}");
                }
            }
            Err(fault) => {
                let shown = json!(change);
                let (parent, _) = fault.pointer.rsplit_once('/').unwrap_or_default();
                prop_assert!(shown.pointer(parent).is_some(), "{fault:?} in {shown}");
                prop_assert!(!fault.in_request().detail.is_empty());
            }
        }
    }

    #[test]
    fn inverse_edit_gives_the_previous_document_after_any_number_of_edits(
        document in prop_oneof![random_document(), Just(json!({}))],
        choices in prop::collection::vec(any::<Choices>(), 1..12),
    ) {
        let mut document = document;
        let mut history = Vec::new();
        for choices in choices {
            let change = random_edit(&document, choices);
            let Ok(edited) = edit(&document, &change) else { continue };
            let undone = edit(&edited.document, &edited.inverse);
            let undone = undone.map_err(|fault| TestCaseError::fail(format!("{change:?}: {fault:?}")))?;
            prop_assert_eq!(&undone.document, &document, "{:?} after {:?}", edited.inverse, change);
            history.push((document, edited.inverse));
            document = edited.document;
        }
        for (before, inverse) in history.into_iter().rev() {
            document = edit(&document, &inverse).unwrap().document;
            prop_assert_eq!(&document, &before);
        }
    }

    #[test]
    fn ids_of_steps_stay_unique(
        document in prop_oneof![random_document(), Just(json!({}))],
        choices in prop::collection::vec(any::<Choices>(), 1..20),
    ) {
        let mut document = document;
        for choices in choices {
            let change = random_edit(&document, choices);
            document = edit(&document, &change).map_or(document, |edited| edited.document);
            let ids = ids(&document);
            prop_assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{:?}: {:?}", change, ids);
            prop_assert_eq!(ids.len(), steps(&document).len(), "every step has an id");
        }
    }

    #[test]
    fn edit_is_read_from_its_own_json(document in random_document(), choices in any::<Choices>()) {
        let change = random_edit(&document, choices);
        let read = input::read(&json!(change), Edit::read);
        prop_assert_eq!(read.as_ref(), Ok(&change));
        if let Ok(edited) = edit(&document, &change) {
            let read = input::read(&json!(edited.inverse), Edit::read);
            prop_assert_eq!(read.as_ref(), Ok(&edited.inverse));
        }
    }
}

#[test]
fn random_edits_are_of_every_type_and_most_of_them_succeed() {
    let documents = valid_documents();
    let mut succeeded = BTreeSet::new();
    let mut tried = BTreeSet::new();
    for (seed, document) in (0..4_000_u16).zip(documents.iter().cycle()) {
        let bits = bits80(&[&seed.to_string()]);
        let choices = std::array::from_fn(|i| u16::from_be_bytes([bits[2 * i], bits[2 * i + 1]]));
        let change = random_edit(document, choices);
        let name = json!(change)["type"].as_str().unwrap().to_owned();
        if edit(document, &change).is_ok() {
            succeeded.insert(name.clone());
        }
        tried.insert(name);
    }
    let known: BTreeSet<String> = read::TYPES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!((&tried, &succeeded), (&known, &known));
}

#[test]
fn tree_has_the_steps_that_the_workflow_has() {
    for document in valid_documents() {
        let definition = Definition::read(&document).unwrap();
        let read: Vec<_> = definition.steps.iter().filter(|step| step.id != "on_failure").collect();
        let found = steps(&document);
        assert_eq!(
            found.iter().map(|step| (step.id().unwrap(), step.pointer.as_str())).collect::<Vec<_>>(),
            read.iter().map(|step| (step.id.as_str(), step.pointer.as_str())).collect::<Vec<_>>()
        );
        let with_lists = found.iter().filter(|step| !lists(step.step).is_empty()).count();
        assert!(with_lists <= found.len());
    }
}

#[test]
fn every_schema_of_an_edit_has_the_members_that_are_read() {
    let schemas = edit_schemas();
    let mut compared = 0;
    for (name, members) in read::TYPES {
        let of_type = |schema: &&(String, Value)| schema.1["properties"]["type"]["const"] == name;
        let (_, schema) = schemas.iter().find(of_type).unwrap();
        let documented: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(documented, members.iter().copied().chain(["type"]).collect(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, read::TYPES.len());
}
