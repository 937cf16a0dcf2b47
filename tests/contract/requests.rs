//! Each sample of a request is one that the code takes, and every refusal names its field.

use std::collections::BTreeSet;

use couponflow_domain::code::GenerateCodes;
use couponflow_domain::contact::Details;
use couponflow_domain::coupon::Terms;
use couponflow_domain::input;
use couponflow_domain::purchase::{Checkout, RedeemRequest};
use couponflow_domain::workflow::Definition;
use couponflow_http::Request;
use couponflow_tests::repository;
use serde_json::{Value, json};

/// The body of the sample of a gateway request, as its function reads it.
fn body(sample: &str) -> Value {
    let gateway = serde_json::from_value(repository::json(&format!("events/samples/{sample}.json"))).unwrap();
    Request::new(gateway).json().unwrap()
}

#[test]
fn samples_of_requests_are_valid() {
    input::read(&body("apply"), Checkout::read).unwrap();
    input::read(&body("redeem"), RedeemRequest::read).unwrap();
    input::read(&body("redeem-several"), RedeemRequest::read).unwrap();
    input::read(&body("create-coupon"), Terms::read).unwrap();
    input::read(&body("create-contact"), Details::read).unwrap();
    input::read(&body("generate-codes"), GenerateCodes::read).unwrap();
    Definition::read(&body("create-workflow")).unwrap();
    let mut edited = body("create-coupon");
    edited.as_object_mut().unwrap().extend(body("edit-coupon").as_object().unwrap().clone());
    input::read(&edited, Terms::read).unwrap();
}

#[test]
fn the_readme_shows_a_coupon_with_every_term_there_is() {
    let sample = "events/samples/coupon-of-all-terms.json";
    assert!(repository::text("README.md").contains(&repository::text(sample)), "copy {sample} into README.md");
    let shown = repository::json(sample);
    let terms = json!(input::read(&shown, Terms::read).unwrap());
    let names = |document: &Value| document.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&shown), names(&terms));
}

#[test]
fn the_workflow_samples_are_valid() {
    for name in ["member20", "upsell", "beta50"] {
        let document = repository::json(&format!("events/samples/workflow-{name}.json"));
        Definition::read(&document).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    }
}
