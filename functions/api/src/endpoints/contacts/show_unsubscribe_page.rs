//! `GET /v1/unsubscribe/{token}`

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::contacts::contact::UnsubscribeLink;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Html};

use super::unsubscribe_link::{document, no_such_link, parse};
use crate::call::PublicCall;
use crate::reply::{failure, page};

const QUESTION: &str = "<p>Do you want to stop receiving e-mail from us at this address?</p>\n\
    <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>";

pub(crate) fn doc() -> OperationDoc<Html> {
    let example = "<!doctype html><title>Unsubscribe</title><form method=\"post\"><button>Unsubscribe</button></form>";
    document(OperationDoc::page(tags::CONTACTS, "Show the unsubscribe page", example)).description(
        "Target of the unsubscribe link in e-mails. Changes nothing, so that link scanners can safely open it.",
    )
}

/// Shows a page with a button that unsubscribes the contact. Requesting the page changes nothing,
/// so programs that follow the links in e-mails do not unsubscribe the contact.
pub(crate) async fn handle(call: &PublicCall<'_>) -> EndpointResult<Html> {
    let UnsubscribeLink { tenant, contact_key, token } = parse(call.token)?;
    match call.table.of(&tenant).is_unsubscribe_token(&contact_key, &token).await.map_err(failure)? {
        true => Ok(page("Unsubscribe", QUESTION)),
        false => Err(no_such_link()),
    }
}
