//! The code accepts every sample request, and the samples and reference pages are complete.

use std::collections::BTreeSet;

use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::coupons::code::GenerateCodes;
use couponflow_domain::coupons::coupon::Terms;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Checkout, RedeemRequest};
use couponflow_domain::tenants::api_key::{KeyScope, KeySecret};
use couponflow_http::Request;
use couponflow_tests::{openapi, repository};
use serde_json::{Value, json};
use strum::VariantArray as _;

/// Reads the body of a sample gateway request like a function.
pub(crate) fn body(sample: &str) -> Value {
    let gateway = serde_json::from_value(repository::json(&format!("events/samples/{sample}.json"))).unwrap();
    Request::new(gateway).json().unwrap()
}

#[test]
fn request_samples_are_valid() {
    input::read(&body("apply"), Checkout::read).unwrap();
    input::read(&body("redeem"), RedeemRequest::read).unwrap();
    input::read(&body("redeem-several"), RedeemRequest::read).unwrap();
    input::read(&body("create-coupon"), Terms::read).unwrap();
    input::read(&body("create-contact"), ContactDetails::read).unwrap();
    input::read(&body("generate-codes"), GenerateCodes::read).unwrap();
    Definition::read(&body("create-workflow")).unwrap();
    let mut edited = body("create-coupon");
    edited.as_object_mut().unwrap().extend(body("edit-coupon").as_object().unwrap().clone());
    input::read(&edited, Terms::read).unwrap();
}

#[test]
fn the_coupon_page_shows_every_term() {
    let (sample, page) = ("events/samples/coupon-of-all-terms.json", "infra/docs/coupons.md");
    assert!(repository::text(page).contains(&repository::text(sample)), "copy {sample} into {page}");
    let shown = repository::json(sample);
    let terms = json!(input::read(&shown, Terms::read).unwrap());
    let names = |document: &Value| document.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&shown), names(&terms));
}

#[test]
fn workflow_samples_are_valid() {
    let schema = jsonschema::validator_for(&repository::json("events/schemas/workflow.json")).unwrap();
    for name in ["member20", "upsell", "beta50", "of-all-steps"] {
        let document = repository::json(&format!("events/samples/workflow-{name}.json"));
        Definition::read(&document).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        let faults: Vec<String> =
            schema.iter_errors(&document).map(|fault| fault.instance_path().to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

#[test]
fn committed_workflow_schema_matches_the_code() {
    let committed = repository::json("events/schemas/workflow.json");
    let advice = "run `cargo run -p couponflow-tests --example schemas` and commit the change";
    assert_eq!(committed, couponflow_openapi::workflow_schema(&openapi::document()), "{advice}");
}

#[test]
fn one_workflow_sample_has_every_setting_and_every_step_except_start_workflow() {
    let sample = repository::json("events/samples/workflow-of-all-steps.json");
    let read = Definition::read(&sample).unwrap();
    let seen: BTreeSet<StepKind> = read.steps.iter().map(|step| step.action.kind()).collect();
    let missing = StepKind::IN_DOCUMENTS.iter().filter(|kind| !seen.contains(kind));
    assert_eq!(missing.collect::<Vec<_>>(), [&StepKind::StartWorkflow]);
    let schema = couponflow_openapi::workflow_schema(&openapi::document());
    let settings = schema["components"]["schemas"]["WorkflowInput"]["properties"].as_object().unwrap();
    let missing: Vec<_> = settings.keys().filter(|name| sample.get(name).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_action_page_names_every_step() {
    let page = repository::text("infra/docs/actions.md");
    let is_named = |kind: &StepKind| page.contains(&format!("`{}`", kind.into_str()));
    let unnamed: Vec<_> = StepKind::IN_DOCUMENTS.iter().filter(|kind| !is_named(kind)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

#[test]
fn the_api_page_shows_the_format_of_keys_for_secret_scanners() {
    assert!(repository::text("infra/docs/api.md").contains(KeySecret::PATTERN), "{}", KeySecret::PATTERN);
    let format = jsonschema::validator_for(&json!({"pattern": format!("^{}$", KeySecret::PATTERN)})).unwrap();
    assert!(!format.is_valid(&json!("cf_server_")));
    for scope in KeyScope::VARIANTS {
        let secret = KeySecret::new(*scope, [[5; 10], [6; 10], [7; 10]]);
        assert!(format.is_valid(&json!(secret.reveal())), "{}", secret.reveal());
    }
}
