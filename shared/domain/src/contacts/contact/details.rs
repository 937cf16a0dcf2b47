//! Details of a contact that operators set.

use std::collections::BTreeSet;

use serde::Serialize;

use super::consent::{ConsentState, ConsentStatement};
use super::sets::TAGS_OR_LISTS;
use crate::kernel::input::{Errors, Field};
use crate::kernel::instants::ZoneName;
use crate::kernel::label::{Label, distinct};
use crate::kernel::language_tag::LanguageTag;
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::{Customer, Email, ID_LENGTH, InvalidEmail, NAME_LENGTH};

const MEMBERS: [&str; 9] =
    ["email", "customer_id", "first_name", "last_name", "tags", "lists", "time_zone", "locale", "consent"];

/// Details of a contact that operators set when they create or edit the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactDetails {
    pub email: Option<Email>,
    /// The shop's customer id.
    pub customer_id: Option<PersonalText>,
    pub first_name: Option<PersonalText>,
    pub last_name: Option<PersonalText>,
    pub tags: BTreeSet<Label>,
    pub lists: BTreeSet<Label>,
    pub time_zone: Option<ZoneName>,
    /// BCP 47 language tag.
    pub locale: Option<LanguageTag>,
    pub consent: Option<ConsentStatement>,
}

impl ContactDetails {
    /// Returns the details with consent withdrawn. `source` is the source of the withdrawal.
    #[must_use]
    pub fn without_consent(&self, source: &str) -> Self {
        let consent = ConsentStatement { email: ConsentState::Withdrawn, source: Some(source.to_owned()) };
        Self { consent: Some(consent), ..self.clone() }
    }

    /// Reads and validates the details of a contact, which must have an e-mail address or a
    /// customer id.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        Self::read_with(Email::parse_stated, field, errors)
    }

    /// Reads and validates details with the e-mail address of a stored contact. Accepts some
    /// addresses that [`ContactDetails::read`] rejects, because an earlier version may have stored
    /// such an address.
    pub fn read_with_stored_email(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        Self::read_with(Email::parse, field, errors)
    }

    fn read_with(
        parse_email: impl FnOnce(&str) -> Result<Email, InvalidEmail>,
        field: &Field<'_>,
        errors: &mut Errors,
    ) -> Option<Self> {
        field.object(&MEMBERS, errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(parse_email, errors));
        let mut text = |name, length| field.get(name).optional(errors, |field, errors| field.name(length, errors));
        let customer_id = text("customer_id", ID_LENGTH);
        let (first_name, last_name) = (text("first_name", NAME_LENGTH), text("last_name", NAME_LENGTH));
        let (tags, lists) = (set(&field.get("tags"), errors), set(&field.get("lists"), errors));
        let time_zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let locale = field.get("locale").optional(errors, |field, errors| field.parse(LanguageTag::parse, errors));
        let consent = field.get("consent").optional(errors, ConsentStatement::read);
        let details = Self {
            email: email?,
            customer_id: customer_id?.map(PersonalText::from),
            first_name: first_name?.map(PersonalText::from),
            last_name: last_name?.map(PersonalText::from),
            tags: tags?,
            lists: lists?,
            time_zone: time_zone?,
            locale: locale?,
            consent: consent?,
        };
        if details.email.is_none() && details.customer_id.is_none() {
            return field.reject("requires email or customer_id", errors);
        }
        Some(details)
    }

    /// Returns the customer with these details.
    pub fn customer(&self) -> Customer {
        let (first_name, last_name) = (self.first_name.clone(), self.last_name.clone());
        Customer { email: self.email.clone(), id: self.customer_id.clone(), first_name, last_name, verified: true }
    }
}

/// Reads tags or lists. If a name occurs in several spellings, the first spelling is kept.
fn set(field: &Field<'_>, errors: &mut Errors) -> Option<BTreeSet<Label>> {
    let members = field.optional(errors, |field, errors| {
        field.list(TAGS_OR_LISTS, errors, |field, errors| field.parse(Label::parse, errors))
    });
    members.map(|members| distinct(members.unwrap_or_default()))
}
