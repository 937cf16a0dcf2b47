//! Rules and responses that the endpoints of contacts share.

use couponflow_domain::contacts::contact::Contact;
use couponflow_http::doc::rules::{EMAIL_RULE, LABEL_RULE};
use couponflow_http::{Problem, Reply, etag, view};

/// Rules for the members of a contact, on create and edit.
pub(super) const CONTACT_RULES: [(&str, &str); 6] = [
    ("/tags/*", LABEL_RULE),
    ("/lists/*", LABEL_RULE),
    ("/email", EMAIL_RULE),
    ("/time_zone", "must be an IANA time zone"),
    ("/tags", "must add or remove at most 45 entries per request, counted together with `/lists`"),
    ("/lists", "must add or remove at most 45 entries per request, counted together with `/tags`"),
];

/// Builds a response with a contact. The `ETag` header is the version of the contact.
pub(super) fn answer(status: u16, contact: &Contact) -> Reply<view::Contact> {
    let (name, version) = etag(contact.version);
    Reply::json(status, &view::Contact::from(contact)).about(Some(&contact.customer())).with_header(name, version)
}

pub(super) fn no_such_contact() -> Problem {
    Problem::not_found("contact")
}
