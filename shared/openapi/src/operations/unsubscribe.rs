//! Unsubscribing with the link of an e-mail.

use couponflow_http::ProblemCode;
use serde_json::json;

use crate::operation_doc::OperationDoc;
use crate::tags;

pub(crate) fn show_page() -> OperationDoc {
    let example = "<!doctype html><title>Unsubscribe</title><form method=\"post\"><button>Unsubscribe</button></form>";
    unsubscribe_link(OperationDoc::page(tags::CONTACTS, "Show the unsubscribe page", example)).description(
        "Target of the unsubscribe link in e-mails. Changes nothing, so that link scanners can safely open it.",
    )
}

pub(crate) fn unsubscribe() -> OperationDoc {
    let example = "<!doctype html><title>You are unsubscribed</title>";
    unsubscribe_link(OperationDoc::page(tags::CONTACTS, "Unsubscribe", example))
        .description(
            "One-click unsubscribe (RFC 8058). Withdraws the contact's consent. Idempotent. The contents of the form \
             are ignored.",
        )
        .form(json!({"type": "object"}), json!({"List-Unsubscribe": "One-Click"}))
}

fn unsubscribe_link(entry: OperationDoc) -> OperationDoc {
    let token = json!({"type": "string", "description": "Token from the unsubscribe link of an e-mail."});
    entry.path_parameter("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}
