//! Views of contacts and of entries of the suppression list.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::contact::{self, Consent};
use couponflow_domain::delivery::mail::{self, SuppressionReason};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::instants::ZoneName;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::Email;
use schemars::JsonSchema;
use serde::Serialize;

/// A customer for whom workflows run.
// Leaves out internal data: the unsubscribe token, and the executions that wait for a signal from
// the contact.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Contact {
    /// Id of the contact.
    id: ContactId,
    /// E-mail address.
    email: Option<Email>,
    /// The shop's id of the customer.
    customer_id: Option<PersonalText>,
    /// First name.
    first_name: Option<PersonalText>,
    /// Last name.
    last_name: Option<PersonalText>,
    /// Whether a request with a `server` or `admin` key has named the contact. False if only requests with `storefront`
    /// keys have named the contact: anyone can use such a key.
    verified: bool,
    /// Tags of the contact, without duplicates.
    #[schemars(with = "Vec<String>")]
    tags: BTreeSet<Label>,
    /// Lists that the contact is on, without duplicates.
    #[schemars(with = "Vec<String>")]
    lists: BTreeSet<Label>,
    /// IANA time zone of the contact.
    time_zone: Option<ZoneName>,
    /// BCP 47 language tag. Messages to the contact format amounts and dates for this language.
    locale: Option<String>,
    /// Consent to receive e-mail.
    consent: Consent,
    /// Creation time of the contact.
    created_at: DateTime<Utc>,
}

impl From<&contact::Contact> for Contact {
    fn from(contact: &contact::Contact) -> Self {
        Self {
            id: contact.id.clone(),
            email: contact.email.clone(),
            customer_id: contact.customer_id.clone(),
            first_name: contact.first_name.clone(),
            last_name: contact.last_name.clone(),
            verified: contact.verified,
            tags: contact.tags.clone(),
            lists: contact.lists.clone(),
            time_zone: contact.time_zone.clone(),
            locale: contact.locale.as_ref().map(|locale| locale.as_str().to_owned()),
            consent: contact.consent.clone(),
            created_at: contact.created_at,
        }
    }
}

/// An entry of the suppression list. Workflows send no e-mail to the address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suppression {
    /// The address, as in the request.
    email: Email,
    /// Reason why the address was added.
    reason: SuppressionReason,
    /// Time of the last bounce or complaint.
    updated_at: DateTime<Utc>,
}

impl Suppression {
    /// Creates the answer for the suppression of an address.
    pub fn new(email: Email, suppression: &mail::Suppression) -> Self {
        Self { email, reason: suppression.reason, updated_at: suppression.at }
    }
}
