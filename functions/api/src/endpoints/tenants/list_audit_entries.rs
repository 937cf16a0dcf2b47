//! `GET /v1/audit`

use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_domain::kernel::ids::{AuditId, KeyId};
use couponflow_domain::tenants::audit::{Actor, AuditQuery};
use couponflow_http::doc::parameters::filter;
use couponflow_http::doc::{OperationDoc, reference, samples, tags};
use couponflow_http::{EndpointResult, Page, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

/// Maximum number of characters of a target.
const MAX_TARGET: usize = 100;

pub(crate) fn doc() -> OperationDoc<Page<view::AuditEntry>> {
    let filters = vec![
        filter("key_id", "Only changes by clients with this key.", reference::schema("KeyId")),
        filter(
            "target",
            "Only changes of the resource with this id.",
            json!({"type": "string", "minLength": 1, "maxLength": MAX_TARGET}),
        ),
    ];
    OperationDoc::list(tags::ACCESS, "List the audit log", samples::tenants::audit_entry(), filters).description(
        "Lists who changed what, newest first. Every change by a key or by an operator of the service has an entry, \
         which is stored together with the change. Purchases (apply, redeem, and removing an application) have no \
         entry. Entries are kept for 400 days.",
    )
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::AuditEntry>> {
    let target = |text: &str| match (1..=MAX_TARGET).contains(&text.chars().count()) {
        true => Ok(text.to_owned()),
        false => Err(format!("must be 1 to {MAX_TARGET} characters")),
    };
    let query = AuditQuery {
        actor: call.request.query_as("key_id", KeyId::parse)?.map(Actor::Key),
        target: call.request.query_as("target", target)?,
    };
    let page = call.request.page(AuditId::PREFIX, &["key_id", "target"])?;
    let page = call.store.audit_entries(&query, &page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |entry| view::AuditEntry::from(&entry)))
}
