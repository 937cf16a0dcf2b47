//! Unsubscribes a contact with the link in an e-mail (RFC 8058). No API key is needed, because the
//! token in the link authorizes the request.

use couponflow_app::contacts::ports::EditContacts as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::contacts::contact::UnsubscribeLink;
use couponflow_http::{Answer, Problem};

use crate::reply::{EndpointResult, failure};

const QUESTION: &str = "<p>Do you want to stop receiving e-mail from us at this address?</p>\n\
    <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>";
const DONE: &str = "<p>You will no longer receive e-mail from us at this address.</p>";

/// Shows a page with a button that unsubscribes the contact. Requesting the page changes nothing, so programs that
/// follow the links in e-mails do not unsubscribe the contact.
pub(crate) async fn show(table: &Table, link: &str) -> EndpointResult {
    let UnsubscribeLink { tenant, contact_key, token } = parse(link)?;
    match table.of(&tenant).is_unsubscribe_token(&contact_key, &token).await.map_err(failure)? {
        true => Ok(page("Unsubscribe", QUESTION)),
        false => Err(no_such_link()),
    }
}

/// Withdraws the contact's consent. Ignores the request's body.
pub(crate) async fn unsubscribe(table: &Table, link: &str) -> EndpointResult {
    let UnsubscribeLink { tenant, contact_key, token } = parse(link)?;
    let now = System.now();
    match table.of(&tenant).withdraw_consent(&contact_key, &token, now).await.map_err(failure)? {
        true => Ok(page("You are unsubscribed", DONE)),
        false => Err(no_such_link()),
    }
}

fn parse(link: &str) -> Result<UnsubscribeLink, Problem> {
    UnsubscribeLink::parse(link).ok_or_else(no_such_link)
}

fn no_such_link() -> Problem {
    Problem::not_found("unsubscribe link")
}

fn page(title: &str, content: &str) -> Answer {
    Answer::html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    ))
}
