//! `GET /v1/recipients/{token}`

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::delivery::recipient::ConfirmationLink;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Html};

use super::confirmation_link::{document, no_such_link, parse};
use crate::call::PublicCall;
use crate::reply::{failure, page};

const QUESTION: &str = "<p>Do you want to receive messages from this shop at this address?</p>\n\
    <form method=\"post\"><button type=\"submit\">Confirm</button></form>";

pub(crate) fn doc() -> OperationDoc<Html> {
    let example = "<!doctype html><title>Confirm</title><form method=\"post\"><button>Confirm</button></form>";
    document(OperationDoc::page(tags::WORKFLOWS, "Show the confirmation page", example)).description(
        "Target of the link in e-mails that ask members of the shop's team to confirm their addresses. Changes nothing, \
         so that link scanners can safely open it.",
    )
}

/// Shows a page with a button that confirms the address. Requesting the page changes nothing, so programs that follow
/// the links in e-mails do not confirm the address.
pub(crate) async fn handle(call: &PublicCall<'_>) -> EndpointResult<Html> {
    let ConfirmationLink { tenant, recipient_key, token } = parse(call.token)?;
    match call.table.of(&tenant).is_confirmation_token(&recipient_key, &token).await.map_err(failure)? {
        true => Ok(page("Confirm your address", QUESTION)),
        false => Err(no_such_link()),
    }
}
