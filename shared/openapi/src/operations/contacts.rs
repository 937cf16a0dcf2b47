//! Contacts, and how they unsubscribe.

use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::parameters::filter;
use crate::samples;

const TAG: &str = "Contacts";

pub(super) const LABEL: &str = "is on one line, without control characters, and not blank";

/// The rules of details, new or edited.
const DETAILS: [(&str, &str); 6] = [
    ("/tags/*", LABEL),
    ("/lists/*", LABEL),
    ("/email", DELIVERABLE),
    ("/time_zone", "is one of the IANA database"),
    ("/tags", "and `/lists` add and take away 45 at most in one request"),
    ("/lists", "likewise"),
];

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a contact", 201, "Contact", samples::contact())
        .described(
            "There is one contact for an address, or for an id of the shop's where there is no address; applying and \
             redeeming codes make them too. Consent that was withdrawn with the address stays so: editing lifts it.",
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
        filter("email", "With this address.", json!({"type": "string", "format": "email"})),
        filter("tag", "With this tag, however it is spelled.", text()),
        filter("list", "On this list, however it is spelled.", text()),
    ];
    Entry::new(TAG, "List contacts", 200, "ContactPage", page(samples::contact()))
        .described("Newest first; with `tag` or `list`, in an order of its own that stays as it is.")
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
            "A JSON merge patch (RFC 7396) of the details; null takes a member away. `tags` and `lists` are replaced as a \
             whole, and so is `consent`.",
        )
        .of("ContactId")
        .conditional()
        .body("ContactPatch", true, &[("move", json!({"time_zone": "Europe/Berlin", "locale": "de-DE"}))])
        .rules(&DETAILS)
        .rule("/email", "stays as it is, but for its case")
        .rule("/customer_id", "stays as it is where there is no address")
        .rule("", "keeps an address or an id of the shop's")
}

pub(crate) fn erase() -> Entry {
    Entry::without_answer(TAG, "Erase a contact", 204)
        .described(
            "With all that is personal in it, its tags and its lists. With an `If-Match` that does not match, nothing is \
             changed. Executions of workflows for the contact are cancelled before their next step, and events of before the \
             erasure reach workflows without the customer. Where consent was withdrawn, that is remembered under a digest of \
             the address. The records of what was bought stay. If the answer is lost, send the request again: it completes \
             what the first one began, and answers 404 if there was nothing left to do.",
        )
        .of("ContactId")
        .conditional()
}

pub(crate) fn show_unsubscribe_page() -> Entry {
    let example = "<!doctype html><title>Unsubscribe</title><form method=\"post\"><button>Unsubscribe</button></form>";
    of_link(Entry::page(TAG, "Show the page to unsubscribe with", example))
        .described("The link of an e-mail. Changes nothing, so that programs may follow it.")
}

pub(crate) fn unsubscribe() -> Entry {
    let example = "<!doctype html><title>You are unsubscribed</title>";
    of_link(Entry::page(TAG, "Unsubscribe", example))
        .described("In one click (RFC 8058): withdraws consent, once or again. What the form says does not matter.")
        .form(json!({"type": "object"}), json!({"List-Unsubscribe": "One-Click"}))
}

fn of_link(entry: Entry) -> Entry {
    let token = json!({"type": "string", "description": "What stands in the link of an e-mail."});
    entry.at("token", token).fails_with([ProblemCode::InternalError, ProblemCode::Busy])
}
