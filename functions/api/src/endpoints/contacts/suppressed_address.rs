//! The parameter `email` of the endpoints of the suppression list. The list stores only digests of
//! addresses. Therefore the API can look up an address, but cannot list the addresses.

use couponflow_domain::purchases::customer::Email;
use couponflow_http::doc::OperationDoc;
use couponflow_http::doc::parameters::filter;
use couponflow_http::doc::rules::EMAIL_RULE;
use couponflow_http::{Problem, ProblemCode, Request};
use serde_json::json;

/// Documents the required parameter `email`.
pub(super) fn document<T>(doc: OperationDoc<T>) -> OperationDoc<T> {
    let mut email = filter("email", "The e-mail address.", json!({"type": "string", "format": "email"}));
    email["required"] = json!(true);
    doc.query_parameters(vec![email]).rule("?email", EMAIL_RULE).fails_with([ProblemCode::NotFound])
}

/// Reads the required parameter `email`.
pub(super) fn read(request: &Request) -> Result<Email, Problem> {
    request.only(&["email"])?;
    let email = request.query_as("email", Email::parse)?;
    email.ok_or_else(|| Problem::invalid_parameter("email", "is required: an e-mail address, such as ana@example.com"))
}
