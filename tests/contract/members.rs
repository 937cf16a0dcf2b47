//! Each request schema has the members that its reader permits, and requires what its reader requires.

use std::collections::{BTreeMap, BTreeSet};

use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::coupons::code::GenerateCodes;
use couponflow_domain::coupons::coupon::Terms;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::Errors;
use couponflow_domain::purchases::Checkout;
use couponflow_tests::{openapi, repository};
use serde_json::{Value, json};

use crate::requests::body;

type Names = BTreeSet<String>;

/// Member that no reader permits.
const UNKNOWN: &str = "unknown_member";

/// Optional members without which a sample is invalid, with the schema of their object.
const CONDITIONAL: [(&str, &str); 1] = [("CouponInput", "duration_in_months")];

/// A valid body, its reader, and the objects in the body: pointer, and titles of the schemas. The object may have any of
/// these schemas.
struct Sample {
    body: Value,
    faults: fn(&Value) -> Errors,
    objects: &'static [(&'static str, &'static [&'static str])],
}

fn samples() -> [Sample; 5] {
    [
        Sample {
            body: repository::json("events/samples/coupon-of-all-terms.json"),
            faults: |body| input::read(body, Terms::read).err().unwrap_or_default(),
            objects: &[
                ("", &["CouponInput"]),
                ("/discount", &["PercentageDiscountInput"]),
                ("/maximum_discount/0", &["MoneyInput"]),
                ("/applies_to", &["AppliesToInput"]),
                ("/only_for", &["OnlyForInput"]),
            ],
        },
        Sample {
            body: body("apply"),
            faults: |body| input::read(body, Checkout::read).err().unwrap_or_default(),
            objects: &[
                ("", &["OneCodeInput"]),
                ("/customer", &["CustomerWithEmailInput", "CustomerWithIdInput"]),
                ("/order", &["OrderInput"]),
                ("/order/lines/0", &["LineInput"]),
                ("/hold", &["HoldInput"]),
            ],
        },
        Sample {
            body: body("create-contact"),
            faults: |body| input::read(body, ContactDetails::read).err().unwrap_or_default(),
            objects: &[("", &["ContactWithEmailInput", "ContactWithCustomerIdInput"]), ("/consent", &["ConsentInput"])],
        },
        Sample {
            body: body("generate-codes"),
            faults: |body| input::read(body, GenerateCodes::read).err().unwrap_or_default(),
            objects: &[("", &["CodesInput"])],
        },
        Sample {
            body: repository::json("events/samples/workflow-of-all-steps.json"),
            faults: faults_of_workflow,
            objects: &[("", &["WorkflowInput"]), ("/message_window", &["TimeWindow"])],
        },
    ]
}

fn faults_of_workflow(document: &Value) -> Errors {
    Definition::read(document).err().unwrap_or_default()
}

/// Collects the schemas of objects, by title.
fn objects<'s>(schema: &'s Value, found: &mut BTreeMap<&'s str, &'s Value>) {
    if let (Some(title), Some(_)) = (schema["title"].as_str(), schema["properties"].as_object()) {
        found.insert(title, schema);
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| objects(member, found)),
        Value::Array(elements) => elements.iter().for_each(|element| objects(element, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn properties(schema: &Value) -> Names {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

fn required(schema: &Value) -> Names {
    schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Returns the members that the reader permits in the object at a pointer, as the fault about an unknown member lists
/// them.
fn permitted(body: &Value, pointer: &str, faults: fn(&Value) -> Errors) -> Names {
    let mut body = body.clone();
    body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(UNKNOWN.to_owned(), json!(1));
    let place = format!("{pointer}/{UNKNOWN}");
    let fault = faults(&body).into_iter().find(|fault| fault.pointer == place);
    let detail = fault.unwrap_or_else(|| panic!("{place} is permitted")).detail;
    let listed =
        detail.strip_prefix("is unknown; permitted members are ").unwrap_or_else(|| panic!("{place}: {detail}"));
    listed.split(", ").map(str::to_owned).collect()
}

#[test]
fn request_schemas_have_the_members_that_the_readers_permit() {
    let document = openapi::document();
    let mut schemas = BTreeMap::new();
    objects(&document, &mut schemas);
    for Sample { body, faults, objects } in samples() {
        assert_eq!(faults(&body), Errors::new(), "{body}");
        for (pointer, titles) in objects {
            let permitted = permitted(&body, pointer, faults);
            for title in *titles {
                assert_eq!(properties(schemas[title]), permitted, "{title}");
            }
        }
    }
}

#[test]
fn request_schemas_require_what_the_readers_require() {
    let document = openapi::document();
    let mut schemas = BTreeMap::new();
    objects(&document, &mut schemas);
    let mut removed = 0;
    for Sample { body, faults, objects } in samples() {
        for (pointer, titles) in objects {
            let of_all = titles.iter().map(|title| required(schemas[title]));
            let of_all = of_all.reduce(|all, of_one| &all & &of_one).unwrap();
            let members: Vec<String> = body.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
            for member in members.iter().filter(|member| !CONDITIONAL.contains(&(titles[0], member.as_str()))) {
                let mut without = body.clone();
                without.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(member);
                let place = format!("{pointer}/{member}");
                let is_required = faults(&without).iter().any(|fault| fault.pointer == place);
                assert_eq!(is_required, of_all.contains(member), "{place} of {titles:?}");
                removed += 1;
            }
        }
    }
    assert!(removed > 60, "{removed} members removed");
}

#[test]
fn step_schemas_have_the_members_that_the_reader_permits() {
    let document = openapi::document();
    let mut schemas = BTreeMap::new();
    objects(&document, &mut schemas);
    let sample = repository::json("events/samples/workflow-of-all-steps.json");
    let steps = Definition::read(&sample).unwrap().steps;
    let mut kinds = BTreeSet::new();
    for step in steps.iter().filter(|step| step.pointer.starts_with("/steps/")) {
        let kind = step.action.kind().into_str();
        // A step can have several forms. The reader permits the members of all of them, and then rejects combinations.
        let forms = schemas.values().filter(|schema| schema["properties"]["type"]["const"] == kind);
        let properties: Names = forms.flat_map(|schema| properties(schema)).collect();
        assert_eq!(properties, permitted(&sample, &step.pointer, faults_of_workflow), "{kind}");
        kinds.insert(kind);
    }
    assert!(kinds.len() > 15, "{kinds:?}");
}
