//! Unsubscribing with the link of an e-mail (RFC 8058). The link is the key: there is no other.

use couponflow_app::ports::{Clock as _, EditContacts as _, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::contact::UnsubscribeLink;
use couponflow_http::{Answer, Problem};

use crate::handler::{Answered, failure};

const QUESTION: &str = "<p>Do you want no more e-mail from us at this address?</p>\n\
    <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>";
const DONE: &str = "<p>You will get no more e-mail from us at this address.</p>";

/// A page with a button. Showing it changes nothing: programs that look at the links of mail unsubscribe nobody.
pub(crate) async fn show(table: &Table, link: &str) -> Answered {
    let UnsubscribeLink { tenant, contact_key, token } = parse(link)?;
    match table.of(&tenant).may_unsubscribe(&contact_key, &token).await.map_err(failure)? {
        true => Ok(page("Unsubscribe", QUESTION)),
        false => Err(no_such_link()),
    }
}

/// Withdraws consent; what the request's body says does not matter.
pub(crate) async fn unsubscribe(table: &Table, link: &str) -> Answered {
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
    Problem::not_found("link to unsubscribe")
}

fn page(title: &str, content: &str) -> Answer {
    Answer::html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    ))
}
