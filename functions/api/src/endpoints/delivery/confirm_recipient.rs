//! `POST /v1/recipients/{token}`

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::system::System;
use couponflow_domain::delivery::recipient::ConfirmationLink;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Html};
use serde_json::json;

use super::confirmation_link::{document, no_such_link, parse};
use crate::call::PublicCall;
use crate::reply::{failure, page};

const DONE: &str = "<p>You will receive messages from this shop at this address.</p>";

pub(crate) fn doc() -> OperationDoc<Html> {
    let example = "<!doctype html><title>Your address is confirmed</title>";
    document(OperationDoc::page(tags::WORKFLOWS, "Confirm an address", example))
        .description(
            "Confirms the address of a member of the shop's team, who gets the e-mails of `notify` and of alerts from \
             then on. Idempotent. The contents of the form are ignored.",
        )
        .form(json!({"type": "object", "title": "ConfirmationForm"}), json!({}))
}

/// Confirms the address. Ignores the request's body.
pub(crate) async fn handle(call: &PublicCall<'_>) -> EndpointResult<Html> {
    let ConfirmationLink { tenant, recipient_key, token } = parse(call.token)?;
    let now = System.now();
    match call.table.of(&tenant).confirm_recipient(&recipient_key, &token, now).await.map_err(failure)? {
        true => Ok(page("Your address is confirmed", DONE)),
        false => Err(no_such_link()),
    }
}
