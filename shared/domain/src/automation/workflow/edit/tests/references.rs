//! References between steps stay consistent.

use serde_json::{Map, Value, json};

use super::faults;
use crate::automation::workflow::edit::{Edit, EditFault, EditFaultKind, Place, edit};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A coupon that a mail, a wait and a nested webhook use.
fn document() -> Value {
    json!({"name": "n", "trigger": {"type": "coupon_redeemed"}, "steps": [
        {"id": "bonus", "type": "generate_coupon", "coupon": {"name": "B", "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "mail", "type": "send_email", "subject": "Use {{steps.bonus.code}}", "text": "bonus {{ steps.bonus.code }}"},
        {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "coupon": {"step": "bonus"}, "timeout": "P1D",
         "then": [{"id": "hook", "type": "webhook", "url": "https://hooks.example.com/x",
            "body": {"code": ["{{steps.bonus.code}}"], "coupon": {"step": "bonus"}}}]},
        {"id": "tag", "type": "add_tag", "tag": "x"},
    ]})
}

fn refused(change: &Edit) -> EditFault {
    edit(&document(), change).unwrap_err()
}

fn removing(step: &str, force: bool) -> Edit {
    Edit::RemoveStep { step: step.to_owned(), drop_empty_list: false, force }
}

fn moving(step: &str, to: Place) -> Edit {
    Edit::MoveStep { step: step.to_owned(), to, drop_empty_list: false, force: false }
}

fn at_top(index: usize) -> Place {
    Place { index: Some(index), ..Place::default() }
}

#[test]
fn step_whose_outputs_are_used_is_removed_only_by_force() {
    assert_eq!(faults(&document()), []);
    let places = ["/steps/2/coupon/step", "/steps/2/then/0/body/code/0", "/steps/1/subject", "/steps/1/text"];
    assert_eq!(
        refused(&removing("bonus", false)),
        EditFault {
            pointer: "/step".to_owned(),
            kind: EditFaultKind::BreaksReferences(places.map(str::to_owned).to_vec()),
        }
    );
    let removed = edit(&document(), &removing("bonus", true)).unwrap();
    let pointers: Vec<String> = faults(&removed.document).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(pointers, ["/steps/0/subject", "/steps/0/text", "/steps/1/coupon/step", "/steps/1/then/0/body/code/0"]);
    assert!(edit(&document(), &removing("mail", false)).is_ok());
    assert!(edit(&document(), &removing("back", false)).is_ok(), "the step goes with the steps that it contains");
}

#[test]
fn step_cannot_move_behind_a_step_that_uses_its_outputs() {
    let behind = refused(&moving("bonus", at_top(1)));
    assert_eq!(behind.pointer, "/to");
    assert_eq!(
        behind.kind,
        EditFaultKind::BreaksReferences(vec!["/steps/1/subject".to_owned(), "/steps/1/text".to_owned()])
    );
    let inside = Place { step: Some("back".to_owned()), list: Some("/then".to_owned()), index: Some(0) };
    assert!(matches!(refused(&moving("bonus", inside.clone())).kind, EditFaultKind::BreaksReferences(_)));
    let moved = edit(&document(), &moving("mail", inside)).unwrap().document;
    assert_eq!((&moved["steps"][1]["then"][0]["id"], faults(&moved)), (&json!("mail"), Vec::new()));
    assert_eq!(
        refused(&moving("bonus", at_top(4))).kind,
        EditFaultKind::IndexTooHigh(3),
        "the list has three steps without the moved step"
    );
    let own = Place { step: Some("back".to_owned()), list: Some("/on_timeout".to_owned()), index: None };
    assert_eq!(refused(&moving("back", own)).kind, EditFaultKind::PlaceIsInsideStep);
}

#[test]
fn outputs_inside_for_each_contact_are_not_available_outside() {
    let mut document = document();
    let each = json!({"id": "each", "type": "for_each_contact", "audience": {"type": "redeemed"}, "steps": []});
    document["steps"].as_array_mut().unwrap().insert(0, each);
    let inside = Place { step: Some("each".to_owned()), list: Some("/steps".to_owned()), index: None };
    let fault = edit(&document, &moving("bonus", inside)).unwrap_err();
    assert!(matches!(fault.kind, EditFaultKind::BreaksReferences(_)), "{fault:?}");
}

#[test]
fn renamed_step_keeps_its_references() {
    let change = Edit::RenameStep { step: "bonus".to_owned(), id: "gift".to_owned() };
    let renamed = edit(&document(), &change).unwrap().document;
    assert_eq!(faults(&renamed), []);
    let steps = &renamed["steps"];
    assert_eq!(steps[1]["text"], "bonus {{ steps.gift.code }}", "text outside of merge fields stays");
    assert_eq!(steps[2]["coupon"], json!({"step": "gift"}));
    assert_eq!(steps[2]["then"][0]["body"], json!({"code": ["{{steps.gift.code}}"], "coupon": {"step": "bonus"}}));
}

#[test]
fn new_id_must_be_valid_and_unused() {
    let renaming = |id: &str| refused(&Edit::RenameStep { step: "tag".to_owned(), id: id.to_owned() });
    assert_eq!(renaming("mail").kind, EditFaultKind::IdIsTaken("mail".to_owned()));
    assert_eq!(renaming("on_failure").kind, EditFaultKind::IdIsTaken("on_failure".to_owned()));
    assert!(matches!(renaming("Tag 1").kind, EditFaultKind::InvalidId(_)));
    let mut dangling = document();
    dangling["steps"][1]["text"] = json!("{{steps.later.code}}");
    let fault = edit(&dangling, &Edit::RenameStep { step: "tag".to_owned(), id: "later".to_owned() }).unwrap_err();
    let places = vec!["/steps/1/text".to_owned()];
    assert_eq!(fault.kind, EditFaultKind::IdIsReferenced("later".to_owned(), places));
}

#[test]
fn copy_has_new_ids_and_refers_to_its_own_steps() {
    let mut document = document();
    let nested = json!([
        {"id": "gift_2", "type": "generate_coupon", "coupon": {"name": "G", "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "told", "type": "send_email", "subject": "s", "text": "{{steps.gift_2.code}} {{steps.bonus.code}}"}]);
    document["steps"][2]["then"] = nested;
    let copied = edit(&document, &Edit::DuplicateStep { step: "back".to_owned() }).unwrap().document;
    let copy = &copied["steps"][3];
    assert_eq!(
        (&copy["id"], &copy["then"][0]["id"], &copy["then"][1]["id"]),
        (&json!("back_2"), &json!("gift"), &json!("told_2"))
    );
    assert_eq!(copy["then"][1]["text"], "{{steps.gift.code}} {{steps.bonus.code}}");
    assert_eq!((copy["coupon"].clone(), faults(&copied)), (json!({"step": "bonus"}), Vec::new()));
}

#[test]
fn faults_name_the_member_of_the_edit() {
    let step = |step: Value, at: Place| Edit::AddStep { step: map(step), at };
    let nowhere = Place { step: Some("mail".to_owned()), list: Some("/then".to_owned()), index: None };
    let tag = json!({"type": "add_tag", "tag": "x"});
    for (change, pointer) in [
        (removing("nobody", false), "/step"),
        (step(json!({"type": "dance"}), Place::default()), "/step/type"),
        (step(json!({"type": "add_tag", "id": "mail"}), Place::default()), "/step/id"),
        (
            step(json!({"type": "wait_for_event", "then": [{"type": "add_tag", "id": "tag"}]}), Place::default()),
            "/step/then/0/id",
        ),
        (step(tag.clone(), nowhere), "/at/list"),
        (step(tag, at_top(5)), "/at/index"),
        (Edit::SetStep { step: "tag".to_owned(), members: map(json!({"type": "wait"})) }, "/members/type"),
        (Edit::SetSettings { settings: map(json!({"steps": []})) }, "/settings/steps"),
        (Edit::AddBranch { step: "tag".to_owned(), index: None, branch: Map::new() }, "/step"),
        (Edit::RemoveFilter { filters: Default::default(), at: "/0".to_owned(), drop_empty_list: false }, "/at"),
    ] {
        assert_eq!(refused(&change).pointer, pointer, "{change:?}");
    }
    assert_eq!(edit(&json!([]), &removing("x", false)).unwrap_err().in_request().pointer, "/document");
}
