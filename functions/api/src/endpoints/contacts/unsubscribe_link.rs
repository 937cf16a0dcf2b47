//! The link in an e-mail with which a contact unsubscribes (RFC 8058). No API key is needed,
//! because the token in the link authorizes the request.

use couponflow_domain::contacts::contact::UnsubscribeLink;
use couponflow_domain::tenants::token_link::TOKEN_LINK;
use couponflow_http::doc::OperationDoc;
use couponflow_http::{Html, Problem, ProblemCode};
use serde_json::json;

/// Documents the token of the link.
pub(super) fn document(doc: OperationDoc<Html>) -> OperationDoc<Html> {
    let token = json!({"type": "string", "pattern": TOKEN_LINK, "description": "Token from the unsubscribe link of an e-mail."});
    doc.path_parameter("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}

/// Parses the token of the link.
pub(super) fn parse(token: &str) -> Result<UnsubscribeLink, Problem> {
    UnsubscribeLink::parse(token).ok_or_else(no_such_link)
}

pub(super) fn no_such_link() -> Problem {
    Problem::not_found("unsubscribe link")
}
