//! Contacts.

use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::rules::{EMAIL_RULE, LABEL_RULE};
use crate::operation_doc::OperationDoc;
use crate::parameters::filter;
use crate::{list_page, samples, tags};

/// Rules for the members of a contact, on create and edit.
const CONTACT_RULES: [(&str, &str); 6] = [
    ("/tags/*", LABEL_RULE),
    ("/lists/*", LABEL_RULE),
    ("/email", EMAIL_RULE),
    ("/time_zone", "must be an IANA time zone"),
    ("/tags", "must not add and remove more than 45 tags and lists in total per request"),
    ("/lists", "must not add and remove more than 45 tags and lists in total per request"),
];

pub(crate) fn create() -> OperationDoc {
    OperationDoc::new(tags::CONTACTS, "Create a contact", 201, "Contact", samples::contact())
        .description(
            "There is one contact per e-mail address, or per `customer_id` if the contact has no address. Applying and \
             redeeming codes also creates contacts. If consent for the address was withdrawn earlier, the consent of \
             the new contact is `withdrawn`. To change the consent, edit the contact.",
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
        filter("tag", "Only contacts with this tag. Case and surrounding white space are ignored.", text()),
        filter("list", "Only contacts on this list. Case and surrounding white space are ignored.", text()),
    ];
    OperationDoc::new(tags::CONTACTS, "List contacts", 200, "ContactPage", list_page::example(samples::contact()))
        .description("Newest first. With `tag` or `list`, the order is unspecified but stable.")
        .list(filters)
        .link(Operation::ReadContact, "/data/0/id")
        .rule("?email", EMAIL_RULE)
        .rule("?tag", LABEL_RULE)
        .rule("?list", LABEL_RULE)
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::CONTACTS, "Read a contact", 200, "Contact", samples::contact()).path_id("ContactId")
}

pub(crate) fn edit() -> OperationDoc {
    OperationDoc::new(tags::CONTACTS, "Edit a contact", 200, "Contact", samples::contact())
        .description(
            "Applies a JSON merge patch (RFC 7396). Null removes a member. `tags`, `lists` and `consent` are replaced \
             as a whole.",
        )
        .path_id("ContactId")
        .requires_if_match()
        .body("ContactPatch", true, &[("move", json!({"time_zone": "Europe/Berlin", "locale": "de-DE"}))])
        .rules(&CONTACT_RULES)
        .rule("/email", "cannot be changed, except between upper and lower case")
        .rule("/customer_id", "cannot be changed if the contact has no address")
        .rule("", "must keep `email` or `customer_id`")
}

pub(crate) fn erase() -> OperationDoc {
    OperationDoc::without_body(tags::CONTACTS, "Erase a contact", 204)
        .description(
            "Deletes the contact with its personal data, tags and lists. If `If-Match` does not match, nothing is \
             changed. Workflow executions for the contact are cancelled: waiting executions within seconds, running \
             executions before their next step. A cancelled execution keeps the status of each step, but not the \
             inputs, details and errors of its steps, because they may identify the customer. Workflows that start \
             later for earlier events run without the customer. If consent was withdrawn, this fact stays recorded \
             under a digest of the address. Records of purchases are kept. If the response is lost, send the request \
             again. The repeated request completes the erasure, or returns 404 if nothing is left to erase.",
        )
        .path_id("ContactId")
        .requires_if_match()
}
