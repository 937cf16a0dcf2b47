//! `PATCH /v1/contacts/{id}`

use couponflow_app::contacts::edit::{self, ContactEditOutcome};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, IfMatch, Problem, view};
use serde_json::{Value, json};

use super::shared::{CONTACT_RULES, answer, no_such_contact};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Contact> {
    OperationDoc::json(tags::CONTACTS, "Edit a contact", 200, samples::contacts::contact())
        .description(
            "Applies a JSON merge patch (RFC 7396). Null removes a member. A new value of `tags`, `lists` or \
             `consent` replaces the whole old value.",
        )
        .path_id("ContactId")
        .requires_if_match()
        .body("ContactPatch", true, &[("move", json!({"time_zone": "Europe/Berlin", "locale": "de-DE"}))])
        .rules(&CONTACT_RULES)
        .rule(
            "/email",
            "cannot be added, removed or changed, except to another spelling of the same address: in upper or lower \
             case, or with the domain in Unicode or ASCII",
        )
        .rule("/customer_id", "cannot be changed if the contact has no address")
        .rule("", "the contact must keep `email` or `customer_id`")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Contact> {
    let id = call.id(ContactId::parse, "contact")?;
    let expected = IfMatch::of(call.request)?;
    let patch = call.merge_patch()?;
    let change = |details: &ContactDetails| {
        let mut document = json!(details);
        if patch.get("consent").is_some() {
            document["consent"] = Value::Null;
        }
        json_patch::merge(&mut document, &patch);
        match patch.get("email") {
            Some(_) => input::read(&document, ContactDetails::read),
            None => input::read(&document, ContactDetails::read_with_stored_email),
        }
    };
    let accepts = |version| expected.accepts(version);
    match edit::edit(call.store, &id, accepts, change, System.now()).await.map_err(failure)? {
        ContactEditOutcome::Done(contact) => Ok(answer(200, &contact)),
        ContactEditOutcome::NotFound => Err(no_such_contact()),
        ContactEditOutcome::Stale => Err(Problem::stale()),
        ContactEditOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}
