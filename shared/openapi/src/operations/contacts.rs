//! Contacts and unsubscribing.

use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::{EMAIL_RULE, page};
use crate::operation_doc::OperationDoc;
use crate::parameters::filter;
use crate::samples;

const TAG: &str = "Contacts";

/// Rule for names of tags and lists.
pub(super) const LABEL_RULE: &str = "must be a single line without control characters and not blank";

/// Rules for the members of a contact, on create and edit.
const CONTACT_RULES: [(&str, &str); 6] = [
    ("/tags/*", LABEL_RULE),
    ("/lists/*", LABEL_RULE),
    ("/email", EMAIL_RULE),
    ("/time_zone", "must be an IANA time zone"),
    ("/tags", "together with `/lists` must not add and remove more than 45 entries per request"),
    ("/lists", "together with `/tags` must not add and remove more than 45 entries per request"),
];

pub(crate) fn create() -> OperationDoc {
    OperationDoc::new(TAG, "Create a contact", 201, "Contact", samples::contact())
        .description(
            "There is one contact per e-mail address, or per `customer_id` if the contact has no address. Applying and \
             redeeming codes also creates contacts. If consent was withdrawn for the address before, it stays \
             withdrawn; edit the contact to change it.",
        )
        .body("ContactInput", true, &[("subscriber", samples::contact_details())])
        .rules(&CONTACT_RULES)
        .fails_with([ProblemCode::ContactExists])
        .link(Operation::ReadContact, "/id")
        .link(Operation::EditContact, "/id")
        .link(Operation::EraseContact, "/id")
}

pub(crate) fn list() -> OperationDoc {
    let text = || json!({"type": "string", "minLength": 1, "maxLength": 100});
    let filters = vec![
        filter("email", "Only the contact with this address.", json!({"type": "string", "format": "email"})),
        filter("tag", "Only contacts with this tag, in any spelling.", text()),
        filter("list", "Only contacts on this list, in any spelling.", text()),
    ];
    OperationDoc::new(TAG, "List contacts", 200, "ContactPage", page(samples::contact()))
        .description("Newest first. With `tag` or `list`, in an unspecified but stable order.")
        .list(filters)
        .link(Operation::ReadContact, "/data/0/id")
        .rule("?email", EMAIL_RULE)
        .rule("?tag", LABEL_RULE)
        .rule("?list", LABEL_RULE)
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(TAG, "Read a contact", 200, "Contact", samples::contact()).path_id("ContactId")
}

pub(crate) fn edit() -> OperationDoc {
    OperationDoc::new(TAG, "Edit a contact", 200, "Contact", samples::contact())
        .description(
            "Applies a JSON merge patch (RFC 7396). Null removes a member. `tags`, `lists` and `consent` are replaced \
             as a whole.",
        )
        .path_id("ContactId")
        .requires_if_match()
        .body("ContactPatch", true, &[("move", json!({"time_zone": "Europe/Berlin", "locale": "de-DE"}))])
        .rules(&CONTACT_RULES)
        .rule("/email", "cannot be changed, except in case")
        .rule("/customer_id", "cannot be changed if the contact has no address")
        .rule("", "must keep `email` or `customer_id`")
}

pub(crate) fn erase() -> OperationDoc {
    OperationDoc::without_body(TAG, "Erase a contact", 204)
        .description(
            "Deletes the contact with its personal data, tags and lists. If `If-Match` does not match, nothing is \
             changed. Workflow executions for the contact are cancelled: waiting ones within seconds, running ones \
             before their next step. A cancelled execution keeps its steps and their status, without inputs, details \
             and errors, which may identify the customer. Events from before the \
             erasure reach workflows without the customer. A withdrawn consent stays recorded under a digest of the \
             address. Records of purchases are kept. If the response is lost, send the request again: it completes the \
             erasure, or returns 404 if nothing is left to erase.",
        )
        .path_id("ContactId")
        .requires_if_match()
}

pub(crate) fn show_unsubscribe_page() -> OperationDoc {
    let example = "<!doctype html><title>Unsubscribe</title><form method=\"post\"><button>Unsubscribe</button></form>";
    unsubscribe_link(OperationDoc::page(TAG, "Show the unsubscribe page", example)).description(
        "Target of the unsubscribe link in e-mails. Changes nothing, so that link scanners can safely open it.",
    )
}

pub(crate) fn unsubscribe() -> OperationDoc {
    let example = "<!doctype html><title>You are unsubscribed</title>";
    unsubscribe_link(OperationDoc::page(TAG, "Unsubscribe", example))
        .description(
            "One-click unsubscribe (RFC 8058). Withdraws consent; idempotent. The contents of the form are ignored.",
        )
        .form(json!({"type": "object"}), json!({"List-Unsubscribe": "One-Click"}))
}

fn unsubscribe_link(entry: OperationDoc) -> OperationDoc {
    let token = json!({"type": "string", "description": "Token from the unsubscribe link of an e-mail."});
    entry.path_parameter("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}
