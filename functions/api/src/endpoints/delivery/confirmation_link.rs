//! The link in an e-mail by which a member of the shop's team confirms an address. No API key is needed, because the
//! token in the link authorizes the request.

use couponflow_domain::delivery::recipient::ConfirmationLink;
use couponflow_domain::tenants::token_link::TOKEN_LINK;
use couponflow_http::doc::OperationDoc;
use couponflow_http::{Html, Problem, ProblemCode};
use serde_json::json;

/// Documents the token of the link.
pub(super) fn document(doc: OperationDoc<Html>) -> OperationDoc<Html> {
    let token = json!({"type": "string", "pattern": TOKEN_LINK, "description": "Token from the confirmation link of an e-mail."});
    doc.path_parameter("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}

/// Parses the token of the link.
pub(super) fn parse(token: &str) -> Result<ConfirmationLink, Problem> {
    ConfirmationLink::parse(token).ok_or_else(no_such_link)
}

pub(super) fn no_such_link() -> Problem {
    Problem::not_found("confirmation link")
}
