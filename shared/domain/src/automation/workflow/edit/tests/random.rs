//! Random edits of a document: mostly edits that can be made, and some that cannot.

use serde_json::{Map, Value, json};

use crate::automation::workflow::edit::tree::{StepAt, has_branches, has_filtered_branches, has_filters, lists, steps};
use crate::automation::workflow::edit::{Edit, FiltersOf, Place};

/// Numbers that choose the type of the edit, the step and the other members.
pub(super) type Choices = [u16; 5];

fn pick<T: Clone>(from: &[T], choice: u16) -> Option<T> {
    from.get(usize::from(choice) % from.len().max(1)).cloned()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn place(document: &Value, list: u16, index: u16) -> Place {
    let nested = steps(document).into_iter().flat_map(|step| {
        let of = |list| (step.id().map(str::to_owned), Some(list));
        lists(step.step).into_iter().map(of).collect::<Vec<_>>()
    });
    let places: Vec<_> = [(None, None)].into_iter().chain(nested).collect();
    let (step, list) = pick(&places, list).unwrap();
    Place { step, list, index: (index % 5 != 4).then_some(usize::from(index % 5)) }
}

fn new_step(document: &Value, choice: u16) -> Map<String, Value> {
    let used = steps(document).first().and_then(|step| step.id().map(str::to_owned)).unwrap_or("bonus".to_owned());
    let text = format!("{{{{steps.{used}.code|default('x')}}}}");
    let steps = [
        json!({"type": "add_tag", "tag": "VIP"}),
        json!({"type": "send_email", "subject": "Hi", "text": text}),
        json!({"type": "generate_coupon", "id": "bonus",
            "coupon": {"name": "B", "discount": {"type": "percentage", "percent_off": 5}}}),
        json!({"type": "wait_for_event", "event": "coupon_redeemed", "coupon": {"step": used}, "timeout": "PT1H",
            "then": [{"type": "stop_workflow"}]}),
        json!({"type": "branch", "branches": [{"filters": [], "steps": [{"type": "raise_limit", "by": 1}]}]}),
        json!({"type": "random_split"}),
        json!({"type": "for_each_contact", "audience": {"type": "redeemed"},
            "steps": [{"type": "add_to_list", "list": "l"}]}),
        json!({"type": "goal", "event": "coupon_redeemed"}),
        json!({"type": "dance"}),
        json!({"type": "wait", "id": "Not an id", "for": "PT1H"}),
    ];
    map(pick(&steps, choice).unwrap())
}

/// Pointers to every list and every filter of `filters`, from `filters`.
fn filter_pointers(filters: &Value, at: &str, groups: &mut Vec<String>, all: &mut Vec<String>) {
    match filters {
        Value::Array(list) => {
            groups.push(at.to_owned());
            for (i, filter) in list.iter().enumerate() {
                all.push(format!("{at}/{i}"));
                filter_pointers(filter, &format!("{at}/{i}"), groups, all);
            }
        }
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| ["all", "any", "not"].contains(&name.as_str())) {
                filter_pointers(value, &format!("{at}/{name}"), groups, all);
            }
        }
        _ => groups.push(String::new()),
    }
}

fn filters(document: &Value, choice: u16) -> (FiltersOf, Value) {
    let mut owners = vec![(FiltersOf::default(), document["trigger"]["filters"].clone())];
    for step in steps(document) {
        let id = step.id().map(str::to_owned);
        if has_filters(step.step) {
            owners.push((FiltersOf { step: id.clone(), branch: None }, step.step["filters"].clone()));
        }
        let branches = step.step["branches"].as_array().into_iter().flatten().enumerate();
        for (branch, value) in branches.filter(|_| has_filtered_branches(step.step)) {
            owners.push((FiltersOf { step: id.clone(), branch: Some(branch) }, value["filters"].clone()));
        }
    }
    pick(&owners, choice).unwrap()
}

/// Makes an edit of the document from random numbers.
pub(super) fn random_edit(document: &Value, [kind, which, first, second, third]: Choices) -> Edit {
    let all = steps(document);
    let ids: Vec<String> = all.iter().filter_map(StepAt::id).map(str::to_owned).chain(["nowhere".to_owned()]).collect();
    let with_branches = all.iter().filter(|step| has_branches(step.step)).filter_map(StepAt::id).map(str::to_owned);
    let with_branches: Vec<String> = with_branches.chain(["nowhere".to_owned()]).collect();
    let step = pick(&ids, which).unwrap();
    let branching = pick(&with_branches, which).unwrap();
    let (force, drop_empty_list) = (third.is_multiple_of(5), third.is_multiple_of(3));
    let index = usize::from(first % 4);
    match kind % 14 {
        0 => {
            let triggers = [
                None,
                Some(json!({"type": "coupon_redeemed"})),
                Some(json!({"type": "coupon_expired", "filters": [{"field": "order_value"}]})),
                Some(json!({"type": "manual"})),
            ];
            Edit::SetTrigger { trigger: pick(&triggers, first).unwrap() }
        }
        1 => {
            let settings = [
                json!({"name": "New name", "re_entry": true}),
                json!({"re_entry": null, "locale": "de-DE", "on_failure": "continue"}),
                json!({"steps": []}),
                json!({"name": ""}),
            ];
            Edit::SetSettings { settings: map(pick(&settings, first).unwrap()) }
        }
        2 => Edit::AddStep { step: new_step(document, first), at: place(document, second, third) },
        3 => Edit::RemoveStep { step, drop_empty_list, force },
        4 => Edit::DuplicateStep { step },
        5 => Edit::MoveStep { step, to: place(document, first, second), drop_empty_list, force },
        6 => {
            let new =
                [format!("renamed_{}", first % 10), "bonus".to_owned(), "on_failure".to_owned(), "Bad".to_owned()];
            Edit::RenameStep { step, id: pick(&new, second).unwrap() }
        }
        7 => {
            let members = [
                json!({"subject": "Code {{steps.bonus.code}}", "html": null}),
                json!({"tag": "x", "wrong": 1}),
                json!({"id": "x"}),
                json!({"then": []}),
            ];
            Edit::SetStep { step, members: map(pick(&members, first).unwrap()) }
        }
        8 => {
            let branches = [
                json!({"weight": 2}),
                json!({"filters": []}),
                json!({"weight": 1, "steps": [{"id": format!("tag_{third}"), "type": "add_tag", "tag": "x"}]}),
            ];
            let branch = map(pick(&branches, second).unwrap());
            Edit::AddBranch { step: branching, index: second.is_multiple_of(2).then_some(index), branch }
        }
        9 => Edit::RemoveBranch { step: branching, index, drop_empty_list, force },
        10 => {
            let members = [json!({"weight": 5}), json!({"filters": null}), json!({"steps": []})];
            Edit::SetBranch { step: branching, index, members: map(pick(&members, second).unwrap()) }
        }
        _ => filter_edit(document, [kind, which, first, second, third]),
    }
}

fn filter_edit(document: &Value, [kind, which, first, second, third]: Choices) -> Edit {
    let (filters, current) = filters(document, which);
    let (mut groups, mut all) = (Vec::new(), Vec::new());
    filter_pointers(&current, "", &mut groups, &mut all);
    groups.push("/nowhere".to_owned());
    all.push("/9".to_owned());
    let new = [
        json!({"field": "coupon_code", "operator": "is", "value": "X"}),
        json!({"any": []}),
        json!({"not": {"field": "order_value"}}),
    ];
    let filter = pick(&new, second).unwrap();
    match kind % 14 {
        11 => {
            let group = pick(&groups, first).unwrap();
            Edit::AddFilter { filters, group, index: (third % 3 != 2).then_some(usize::from(third % 3)), filter }
        }
        12 => Edit::RemoveFilter { filters, at: pick(&all, first).unwrap(), drop_empty_list: third.is_multiple_of(2) },
        _ => {
            all.push(String::new());
            let filter = (!third.is_multiple_of(4)).then_some(filter);
            Edit::SetFilter { filters, at: pick(&all, first).unwrap(), filter }
        }
    }
}
