//! Contacts and unsubscribing.

use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::parameters::filter;
use crate::samples;

const TAG: &str = "Contacts";

/// Rule for names of tags and lists.
pub(super) const LABEL: &str = "must be a single line without control characters and not blank";

/// Rules for the members of a contact, on create and edit.
const DETAILS: [(&str, &str); 6] = [
    ("/tags/*", LABEL),
    ("/lists/*", LABEL),
    ("/email", DELIVERABLE),
    ("/time_zone", "must be an IANA time zone"),
    ("/tags", "together with `/lists` must not add and remove more than 45 entries per request"),
    ("/lists", "together with `/tags` must not add and remove more than 45 entries per request"),
];

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a contact", 201, "Contact", samples::contact())
        .described(
            "There is one contact per e-mail address, or per `customer_id` if the contact has no address. Applying and \
             redeeming codes also creates contacts. If consent was withdrawn for the address before, it stays \
             withdrawn; edit the contact to change it.",
        )
        .body("ContactInput", true, &[("subscriber", samples::contact_details())])
        .rules(&DETAILS)
        .fails_with([ProblemCode::ContactExists])
        .link(Operation::ReadContact, "/id")
        .link(Operation::EditContact, "/id")
        .link(Operation::EraseContact, "/id")
}

pub(crate) fn list() -> Entry {
    let text = || json!({"type": "string", "minLength": 1, "maxLength": 100});
    let filters = vec![
        filter("email", "Only the contact with this address.", json!({"type": "string", "format": "email"})),
        filter("tag", "Only contacts with this tag, in any spelling.", text()),
        filter("list", "Only contacts on this list, in any spelling.", text()),
    ];
    Entry::new(TAG, "List contacts", 200, "ContactPage", page(samples::contact()))
        .described("Newest first. With `tag` or `list`, in an unspecified but stable order.")
        .list(filters)
        .link(Operation::ReadContact, "/data/0/id")
        .rule("?email", DELIVERABLE)
        .rule("?tag", LABEL)
        .rule("?list", LABEL)
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read a contact", 200, "Contact", samples::contact()).of("ContactId")
}

pub(crate) fn edit() -> Entry {
    Entry::new(TAG, "Edit a contact", 200, "Contact", samples::contact())
        .described(
            "Applies a JSON merge patch (RFC 7396). Null removes a member. `tags`, `lists` and `consent` are replaced \
             as a whole.",
        )
        .of("ContactId")
        .conditional()
        .body("ContactPatch", true, &[("move", json!({"time_zone": "Europe/Berlin", "locale": "de-DE"}))])
        .rules(&DETAILS)
        .rule("/email", "cannot be changed, except in case")
        .rule("/customer_id", "cannot be changed if the contact has no address")
        .rule("", "must keep `email` or `customer_id`")
}

pub(crate) fn erase() -> Entry {
    Entry::without_answer(TAG, "Erase a contact", 204)
        .described(
            "Deletes the contact with its personal data, tags and lists. If `If-Match` does not match, nothing is \
             changed. Workflow executions for the contact are cancelled before their next step. Events from before the \
             erasure reach workflows without the customer. A withdrawn consent stays recorded under a digest of the \
             address. Records of purchases are kept. If the response is lost, send the request again: it completes the \
             erasure, or returns 404 if nothing is left to erase.",
        )
        .of("ContactId")
        .conditional()
}

pub(crate) fn show_unsubscribe_page() -> Entry {
    let example = "<!doctype html><title>Unsubscribe</title><form method=\"post\"><button>Unsubscribe</button></form>";
    of_link(Entry::page(TAG, "Show the unsubscribe page", example)).described(
        "Target of the unsubscribe link in e-mails. Changes nothing, so that link scanners can safely open it.",
    )
}

pub(crate) fn unsubscribe() -> Entry {
    let example = "<!doctype html><title>You are unsubscribed</title>";
    of_link(Entry::page(TAG, "Unsubscribe", example))
        .described(
            "One-click unsubscribe (RFC 8058). Withdraws consent; idempotent. The contents of the form are ignored.",
        )
        .form(json!({"type": "object"}), json!({"List-Unsubscribe": "One-Click"}))
}

fn of_link(entry: Entry) -> Entry {
    let token = json!({"type": "string", "description": "Token from the unsubscribe link of an e-mail."});
    entry.at("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}
