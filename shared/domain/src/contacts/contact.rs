//! Contacts: customers with the data that workflows use, such as tags and consent.

mod consent;
mod details;
mod schema;
mod set_changes;
mod sets;
mod unsubscribe;
mod unsubscribe_token;

pub use consent::{Consent, ConsentState, ConsentStatement};
pub use details::ContactDetails;
pub use schema::request_schemas;
pub use sets::{ContactSet, MAX_SET_CHANGES, MAX_TAGS_OR_LISTS, SetChange};
pub use unsubscribe::{UnsubscribeLink, unsubscribe_url};
pub use unsubscribe_token::UnsubscribeToken;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::kernel::counters::Revision;
use crate::kernel::digest::{Bits80, bits80, key80};
use crate::kernel::ids::{ContactId, ExecutionId};
use crate::kernel::input::{Errors, FieldError};
use crate::kernel::instants::ZoneName;
use crate::kernel::label::Label;
use crate::kernel::language_tag::LanguageTag;
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::{Customer, Email};

/// A customer with the data that workflows use. The type does not implement `Serialize`, so that a
/// response cannot contain the unsubscribe token by mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Id of the contact: one per e-mail address, or per customer id if there is no address.
    pub id: ContactId,
    pub email: Option<Email>,
    /// The shop's customer id.
    pub customer_id: Option<PersonalText>,
    pub first_name: Option<PersonalText>,
    pub last_name: Option<PersonalText>,
    /// Whether a request with a `server` or `admin` key has named the contact, or an earlier version of couponflow stored
    /// the contact. False if only requests with `storefront` keys, which anyone can use, have named the contact.
    pub verified: bool,
    /// Marks the names that are known only from purchases.
    pub claimed: UnverifiedNames,
    pub tags: BTreeSet<Label>,
    pub lists: BTreeSet<Label>,
    /// Time zone for waits until a time of day.
    pub time_zone: Option<ZoneName>,
    /// Language tag, which determines how money and dates are written.
    pub locale: Option<LanguageTag>,
    pub consent: Consent,
    /// Secret in the unsubscribe link of the contact.
    pub unsubscribe_token: UnsubscribeToken,
    /// Workflow executions that wait for a signal from the contact: an event, or a change of tags
    /// or lists.
    pub listening: BTreeSet<ExecutionId>,
    /// Version number. It increases with every change of tags, lists, consent or details, but not
    /// with data from purchases.
    pub version: Revision,
    pub created_at: DateTime<Utc>,
}

/// Marks the names that are known only from purchases, because anyone can enter any name in a shop.
/// Unmarked names were set through the contacts API or stored by an earlier version of couponflow.
/// A purchase does not change an unmarked name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnverifiedNames {
    pub first_name: bool,
    pub last_name: bool,
}

/// Returns the identities of a customer's contact, each as kind and value. The kind is `email` with
/// the normalised address. If the customer has no address, the kind is `id` with the shop's
/// customer id. If earlier versions of couponflow normalised the address differently, a second
/// identity contains the address in the form of the earlier versions.
fn identity_parts_of(customer: &Customer) -> Vec<[String; 2]> {
    match (&customer.email, &customer.id) {
        (Some(email), _) => email.stored_forms().into_iter().map(|form| ["email".into(), form]).collect(),
        (None, id) => vec![["id".into(), id.clone().unwrap_or_default().into_string()]],
    }
}

/// Returns the id of a customer's contact, created at `now`.
pub fn contact_id(customer: &Customer, now: DateTime<Utc>) -> ContactId {
    let [kind, value] = &identity_parts_of(customer)[0];
    ContactId::new(now, bits80(&[kind, value]))
}

/// Returns the storage key of a customer's contact, which is the [`ContactId::key`] of the
/// contact's id.
pub fn contact_key(customer: &Customer) -> String {
    let [kind, value] = &identity_parts_of(customer)[0];
    key80(&[kind, value])
}

/// Returns every storage key under which the contact of a customer can be stored: the current key, and the key of
/// earlier versions if it differs.
pub fn contact_keys(customer: &Customer) -> Vec<String> {
    identity_parts_of(customer).iter().map(|[kind, value]| key80(&[kind, value])).collect()
}

/// Returns the id that earlier versions of couponflow would give to a customer's contact, created
/// at `now`. Returns `None` if the key of that id is the same as [`contact_key`].
pub fn legacy_contact_id(customer: &Customer, now: DateTime<Utc>) -> Option<ContactId> {
    identity_parts_of(customer).get(1).map(|[kind, value]| ContactId::new(now, bits80(&[kind, value])))
}

/// Returns the customer id that the contact of a new customer gets. A claim about the owner of an address
/// must not attach another customer's id to the address, or the id could stand in for the address later.
pub fn stored_customer_id(customer: &Customer) -> Option<&str> {
    customer.id.as_deref().filter(|_| customer.verified || customer.email.is_none())
}

impl Contact {
    /// Creates a contact for an operator. `bits` are random and become the unsubscribe token.
    ///
    /// # Errors
    /// Returns an error if the contact has more tags and lists than one edit can add
    /// ([`MAX_SET_CHANGES`]).
    pub fn new(details: ContactDetails, now: DateTime<Utc>, bits: Bits80) -> Result<Self, Errors> {
        let blank = Self::blank(contact_id(&details.customer(), now), now, bits);
        blank.edited(details, now)
    }

    /// Creates a contact from the data of a customer, for dry runs. The contact is not stored, so
    /// its unsubscribe token is not random.
    pub fn of(customer: &Customer, now: DateTime<Utc>) -> Self {
        let Customer { email, id: _, first_name, last_name, verified } = customer.clone();
        let customer_id = stored_customer_id(customer).map(PersonalText::from);
        let blank = Self::blank(contact_id(customer, now), now, [0; 10]);
        Self { email, customer_id, first_name, last_name, verified, ..blank }
    }

    fn blank(id: ContactId, now: DateTime<Utc>, bits: Bits80) -> Self {
        Self {
            id,
            email: None,
            customer_id: None,
            first_name: None,
            last_name: None,
            verified: true,
            claimed: UnverifiedNames::default(),
            tags: BTreeSet::new(),
            lists: BTreeSet::new(),
            time_zone: None,
            locale: None,
            consent: Consent::default(),
            unsubscribe_token: UnsubscribeToken::new(bits),
            listening: BTreeSet::new(),
            version: Revision::new(0),
            created_at: now,
        }
    }

    /// Returns the e-mail address, customer id and names of the contact in the form that events
    /// use.
    pub fn customer(&self) -> Customer {
        Customer {
            email: self.email.clone(),
            id: self.customer_id.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            verified: self.verified,
        }
    }

    /// Merges the customer data of an event with the data of the contact. The contact supplies what
    /// the event omits. If the event and the contact have different names, the event's name is used
    /// only if the event's customer is verified and the contact's name is not ([`UnverifiedNames`]).
    pub fn merge_customer(&self, named: Option<&Customer>) -> Customer {
        let Some(Customer { email, id, first_name, last_name, verified }) = named.cloned() else {
            return self.customer();
        };
        let id = match verified {
            true => id.or_else(|| self.customer_id.clone()),
            false => self.customer_id.clone().or(id),
        };
        Customer {
            email: email.or_else(|| self.email.clone()),
            id,
            first_name: name(&self.first_name, verified && self.claimed.first_name, first_name),
            last_name: name(&self.last_name, verified && self.claimed.last_name, last_name),
            verified,
        }
    }

    /// Returns the next version of the contact, with these details.
    ///
    /// # Errors
    /// Returns an error if the details identify a different contact, or change more tags and lists
    /// than one edit can change ([`MAX_SET_CHANGES`]).
    pub fn edited(&self, details: ContactDetails, now: DateTime<Utc>) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let is_known_by = |[kind, value]: &[String; 2]| key80(&[kind, value]) == self.id.key();
        if !identity_parts_of(&details.customer()).iter().any(is_known_by) {
            let known_by = if self.email.is_some() || details.email.is_some() { "/email" } else { "/customer_id" };
            let detail = "cannot be changed, because it identifies the contact; create another contact instead";
            errors.push(FieldError { pointer: known_by.into(), detail: detail.into() });
        }
        let claimed = UnverifiedNames {
            first_name: self.claimed.first_name && self.first_name == details.first_name,
            last_name: self.claimed.last_name && self.last_name == details.last_name,
        };
        let next = Self {
            claimed,
            consent: self.consent.clone().after_statement(details.consent, now),
            email: details.email,
            customer_id: details.customer_id,
            first_name: details.first_name,
            last_name: details.last_name,
            verified: true,
            tags: with_existing_spelling(&self.tags, details.tags),
            lists: with_existing_spelling(&self.lists, details.lists),
            time_zone: details.time_zone,
            locale: details.locale,
            version: self.version.next(),
            ..self.clone()
        };
        let changes = self.set_changes(&next);
        if changes.len() > MAX_SET_CHANGES {
            let of_tags = changes.iter().filter(|change| change.set() == ContactSet::Tags).count();
            let pointer = if of_tags * 2 >= changes.len() { "/tags" } else { "/lists" };
            let detail = format!(
                "changes more than {MAX_SET_CHANGES} tags and lists at once; split the change into several requests"
            );
            errors.push(FieldError { pointer: pointer.into(), detail });
        }
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }
}

impl From<&Contact> for ContactDetails {
    fn from(contact: &Contact) -> Self {
        let contact = contact.clone();
        Self {
            email: contact.email,
            customer_id: contact.customer_id,
            first_name: contact.first_name,
            last_name: contact.last_name,
            tags: contact.tags,
            lists: contact.lists,
            time_zone: contact.time_zone,
            locale: contact.locale,
            consent: Some(ConsentStatement { email: contact.consent.email, source: contact.consent.source }),
        }
    }
}

/// Chooses between a known name and the name in an event.
fn name(known: &Option<PersonalText>, is_stated_preferred: bool, stated: Option<PersonalText>) -> Option<PersonalText> {
    match is_stated_preferred {
        true => stated.or_else(|| known.clone()),
        false => known.clone().or(stated),
    }
}

/// Returns `labels`. A label that `there` contains in another spelling gets the spelling of
/// `there`.
fn with_existing_spelling(there: &BTreeSet<Label>, labels: BTreeSet<Label>) -> BTreeSet<Label> {
    labels.into_iter().map(|label| there.get(&label).cloned().unwrap_or(label)).collect()
}

#[cfg(test)]
mod tests;
