//! The contact: a customer as automation sees it.

mod consent;
mod details;
mod sets;
mod unsubscribe;

pub use consent::{Consent, ConsentState};
pub use details::{Details, Statement};
pub use sets::{ContactSet, MOST_CHANGES, MOST_MEMBERS, SetChange};
pub use unsubscribe::{UnsubscribeLink, UnsubscribeToken, unsubscribe_url};

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::coupon::ZoneName;
use crate::customer::{Customer, Email};
use crate::digest::{Bits80, bits80, key80};
use crate::ids::{ContactId, ExecutionId};
use crate::input::{Errors, FieldError};
use crate::label::Label;

/// A customer with what automation knows of them. It can't be serialised, because its token must not get out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id: one per e-mail address, or per customer id where there is no address.
    pub id: ContactId,
    /// Where mail reaches them.
    pub email: Option<Email>,
    /// The shop's id.
    pub customer_id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Which of the names come from purchases alone.
    pub claimed: ClaimedNames,
    /// Tags, a set.
    pub tags: BTreeSet<Label>,
    /// The lists that it is on, a set.
    pub lists: BTreeSet<Label>,
    /// Where it is, for waits until a time of day.
    pub time_zone: Option<ZoneName>,
    /// BCP 47, such as `de-CH`: how money and dates are written for it.
    pub locale: Option<String>,
    /// Whether it may be written to.
    pub consent: Consent,
    /// The secret of its unsubscribe link.
    pub unsubscribe_token: UnsubscribeToken,
    /// The executions that wait for something to happen to it.
    pub listening: BTreeSet<ExecutionId>,
    /// Counts up with sets, consent and edits; what the storefront says of the customer does not count.
    pub version: i64,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
}

/// Names that only purchases have stated, where anybody at a browser may have typed them. The others were set through the
/// contacts API, or by earlier versions: what purchases state does not change them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClaimedNames {
    /// The first name.
    pub first_name: bool,
    /// The last name.
    pub last_name: bool,
}

/// What makes a contact the same one: the normalised address, else the shop's id. The identity that a contact of an earlier
/// version was stored by follows, where it is another one.
fn identity_parts_of(customer: &Customer) -> Vec<[String; 2]> {
    match (&customer.email, &customer.id) {
        (Some(email), _) => email.stored_forms().into_iter().map(|form| ["email".into(), form]).collect(),
        (None, id) => vec![["id".into(), id.clone().unwrap_or_default()]],
    }
}

/// The id of a customer's contact, where it is made at `now`.
pub fn contact_id(customer: &Customer, now: DateTime<Utc>) -> ContactId {
    let [kind, value] = &identity_parts_of(customer)[0];
    ContactId::new(now, bits80(&[kind, value]))
}

/// The storage key of a customer's contact; equals [`ContactId::key`].
pub fn contact_key(customer: &Customer) -> String {
    let [kind, value] = &identity_parts_of(customer)[0];
    key80(&[kind, value])
}

/// The id that a contact of an earlier version would have, made at `now`, where its key would be another one.
pub fn former_contact_id(customer: &Customer, now: DateTime<Utc>) -> Option<ContactId> {
    identity_parts_of(customer).get(1).map(|[kind, value]| ContactId::new(now, bits80(&[kind, value])))
}

impl Contact {
    /// A contact that an operator makes; its token is made of the random bits.
    ///
    /// # Errors
    /// Where it is in more sets than one change can put it into.
    pub fn new(details: Details, now: DateTime<Utc>, bits: Bits80) -> Result<Self, Errors> {
        let nobody = Self::nobody(contact_id(&details.customer(), now), now, bits);
        nobody.edited(details, now)
    }

    /// The contact that a customer would be, of whom nothing else is known.
    pub fn of(customer: &Customer, now: DateTime<Utc>) -> Self {
        let Customer { email, id, first_name, last_name } = customer.clone();
        Self { email, customer_id: id, first_name, last_name, ..Self::nobody(contact_id(customer, now), now, [0; 10]) }
    }

    fn nobody(id: ContactId, now: DateTime<Utc>, bits: Bits80) -> Self {
        Self {
            id,
            email: None,
            customer_id: None,
            first_name: None,
            last_name: None,
            claimed: ClaimedNames::default(),
            tags: BTreeSet::new(),
            lists: BTreeSet::new(),
            time_zone: None,
            locale: None,
            consent: Consent::default(),
            unsubscribe_token: UnsubscribeToken::new(bits),
            listening: BTreeSet::new(),
            version: 0,
            created_at: now,
        }
    }

    /// The contact as events name a customer.
    pub fn customer(&self) -> Customer {
        Customer {
            email: self.email.clone(),
            id: self.customer_id.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
        }
    }

    /// The person whom an event names, as far as they are known. What the event leaves out is known of the contact. Where
    /// both have a name, the contact's stands if it was set, and else the event's.
    pub fn person(&self, named: Option<&Customer>) -> Customer {
        let named = named.cloned();
        let (email, id, first_name, last_name) = match named {
            Some(Customer { email, id, first_name, last_name }) => (email, id, first_name, last_name),
            None => (None, None, None, None),
        };
        Customer {
            email: email.or_else(|| self.email.clone()),
            id: id.or_else(|| self.customer_id.clone()),
            first_name: name(&self.first_name, self.claimed.first_name, first_name),
            last_name: name(&self.last_name, self.claimed.last_name, last_name),
        }
    }

    /// The next version, with these details.
    ///
    /// # Errors
    /// Where they are another contact's, or change more sets than one change can.
    pub fn edited(&self, details: Details, now: DateTime<Utc>) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let is_known_by = |[kind, value]: &[String; 2]| key80(&[kind, value]) == self.id.key();
        if !identity_parts_of(&details.customer()).iter().any(is_known_by) {
            let known_by = if self.email.is_some() || details.email.is_some() { "/email" } else { "/customer_id" };
            let detail = "stays as it is, since the contact is known by it; create another contact instead";
            errors.push(FieldError { pointer: known_by.into(), detail: detail.into() });
        }
        let claimed = ClaimedNames {
            first_name: self.claimed.first_name && self.first_name == details.first_name,
            last_name: self.claimed.last_name && self.last_name == details.last_name,
        };
        let next = Self {
            claimed,
            consent: self.consent.clone().stated(details.consent, now),
            email: details.email,
            customer_id: details.customer_id,
            first_name: details.first_name,
            last_name: details.last_name,
            tags: as_first_written(&self.tags, details.tags),
            lists: as_first_written(&self.lists, details.lists),
            time_zone: details.time_zone,
            locale: details.locale,
            version: self.version + 1,
            ..self.clone()
        };
        let changes = self.set_changes(&next);
        if changes.len() > MOST_CHANGES {
            let of_tags = changes.iter().filter(|change| change.set() == ContactSet::Tags).count();
            let pointer = if of_tags * 2 >= changes.len() { "/tags" } else { "/lists" };
            let detail = format!("adds and takes away more than {MOST_CHANGES} tags and lists; change fewer at a time");
            errors.push(FieldError { pointer: pointer.into(), detail });
        }
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }
}

/// A name that is known and one that an event states.
fn name(known: &Option<String>, is_claimed: bool, stated: Option<String>) -> Option<String> {
    match is_claimed {
        true => stated.or_else(|| known.clone()),
        false => known.clone().or(stated),
    }
}

/// The labels, those that are there already as they are spelled there.
fn as_first_written(there: &BTreeSet<Label>, labels: BTreeSet<Label>) -> BTreeSet<Label> {
    labels.into_iter().map(|label| there.get(&label).cloned().unwrap_or(label)).collect()
}

#[cfg(test)]
mod tests;
