//! Request schemas of contacts.

use serde_json::{Value, json};
use strum::VariantNames as _;

use super::consent::{ConsentState, SOURCE_LENGTH};
use super::sets::TAGS_OR_LISTS;
use crate::kernel::instants::ZoneName;
use crate::kernel::json_schema::{choice, email, list, object, optional, text};
use crate::kernel::label::Label;
use crate::kernel::language_tag::LanguageTag;
use crate::purchases::customer::{Customer, NAME_LENGTH};

const DESCRIPTION: &str = "A contact, identified by `email`, by `customer_id`, or by both.";

fn email_address() -> Value {
    email("E-mail address.")
}

fn customer_id() -> Value {
    Customer::id_schema("The shop's id of the customer.")
}

/// Returns the members of a contact. `email` and `customer_id` are the schemas of the members that
/// identify the contact.
fn members(email: Value, customer_id: Value) -> [(&'static str, Value); 9] {
    let set = |of: &str| optional(list(TAGS_OR_LISTS, Label::schema(of)));
    let zone = ZoneName::schema("Time zone of the contact.");
    let locale = LanguageTag::schema("Messages to the contact format amounts and dates for this language.");
    let state = choice(ConsentState::VARIANTS);
    let source = optional(text(SOURCE_LENGTH, "How the consent was given or withdrawn."));
    let consent =
        object("ConsentInput", "Consent to receive e-mail.", &["email"], &[("email", state), ("source", source)]);
    [
        ("email", email),
        ("customer_id", customer_id),
        ("first_name", optional(text(NAME_LENGTH, "First name."))),
        ("last_name", optional(text(NAME_LENGTH, "Last name."))),
        (
            "tags",
            set("A tag. Tags that differ only in case, Unicode form or surrounding white space are the same tag. \
                 The contact keeps the spelling that was stored first."),
        ),
        ("lists", set("Name of a list. Names of lists are compared in the same way as tags.")),
        ("time_zone", optional(zone)),
        ("locale", optional(locale)),
        ("consent", optional(consent)),
    ]
}

/// Schema of a new contact. One alternative requires `email`, and the other requires `customer_id`.
fn contact() -> Value {
    let with_email = members(email_address(), optional(customer_id()));
    let with_customer_id = members(optional(email_address()), customer_id());
    json!({"description": DESCRIPTION, "anyOf": [
        object("ContactWithEmailInput", DESCRIPTION, &["email"], &with_email),
        object("ContactWithCustomerIdInput", DESCRIPTION, &["customer_id"], &with_customer_id),
    ]})
}

fn patch() -> Value {
    let members = members(optional(email_address()), optional(customer_id()));
    object("ContactPatch", "The members to change.", &[], &members)
}

/// Returns the request schemas of contacts, by component name.
pub fn request_schemas() -> [(&'static str, Value); 2] {
    [("ContactInput", contact()), ("ContactPatch", patch())]
}
