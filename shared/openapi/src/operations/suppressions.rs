//! The suppression list.

use couponflow_http::ProblemCode;
use serde_json::{Value, json};

use super::rules::EMAIL_RULE;
use crate::operation_doc::OperationDoc;
use crate::{parameters, samples, tags};

fn email() -> Vec<Value> {
    let mut email = parameters::filter("email", "The e-mail address.", json!({"type": "string", "format": "email"}));
    email["required"] = json!(true);
    vec![email]
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::CONTACTS, "Read the suppression of an address", 200, "Suppression", samples::suppression())
        .description(
            "Returns the reason why the address gets no more e-mail. Workflows skip e-mails to an address on the \
             suppression list. The list stores a digest of each address instead of the address.",
        )
        .query_parameters(email())
        .rule("?email", EMAIL_RULE)
        .fails_with([ProblemCode::NotFound])
}

pub(crate) fn lift() -> OperationDoc {
    OperationDoc::without_body(tags::CONTACTS, "Remove an address from the suppression list", 204)
        .description("The address gets e-mail again until the next permanent bounce or spam complaint.")
        .query_parameters(email())
        .rule("?email", EMAIL_RULE)
        .fails_with([ProblemCode::NotFound])
}
