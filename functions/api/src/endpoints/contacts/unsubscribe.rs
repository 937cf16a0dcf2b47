//! `POST /v1/unsubscribe/{token}`

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::system::System;
use couponflow_domain::contacts::contact::UnsubscribeLink;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Html};
use serde_json::json;

use super::unsubscribe_link::{document, no_such_link, parse};
use crate::call::PublicCall;
use crate::reply::{failure, page};

const DONE: &str = "<p>You will no longer receive e-mail from us at this address.</p>";

pub(crate) fn doc() -> OperationDoc<Html> {
    let example = "<!doctype html><title>You are unsubscribed</title>";
    document(OperationDoc::page(tags::CONTACTS, "Unsubscribe", example))
        .description(
            "One-click unsubscribe (RFC 8058). Withdraws the contact's consent. Idempotent. The contents of the form \
             are ignored.",
        )
        .form(json!({"type": "object", "title": "UnsubscribeForm"}), json!({"List-Unsubscribe": "One-Click"}))
}

/// Withdraws the contact's consent. Ignores the request's body.
pub(crate) async fn handle(call: &PublicCall<'_>) -> EndpointResult<Html> {
    let UnsubscribeLink { tenant, contact_key, token } = parse(call.token)?;
    let now = System.now();
    match call.table.of(&tenant).withdraw_consent(&contact_key, &token, now).await.map_err(failure)? {
        true => Ok(page("You are unsubscribed", DONE)),
        false => Err(no_such_link()),
    }
}
