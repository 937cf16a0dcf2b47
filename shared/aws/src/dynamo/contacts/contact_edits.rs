//! Creates, edits and unsubscribes contacts at the request of operators and of contacts themselves.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::contacts::ports::CreateContactOutcome;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::contacts::contact::{
    Consent, ConsentState, Contact, ContactSet, MAX_SET_CHANGES, UnsubscribeToken,
};
use couponflow_domain::kernel::label::Label;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::timers::timer::{Purpose, Timer};

use super::contact_sets::attribute;
use super::erasure::LEAVING;
use super::stored_consent::StoredConsent;
use crate::dynamo::contacts::contact::{ContactItem, MAX_CREATE_ATTEMPTS, REMOVE_TTL, contact_of};
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored as _, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::{MAX_ELEMENTS, Transacted};
use crate::failure::failed;

// An edit fits into one transaction: the contact, two writes per changed tag or list, and the entry of the audit log.
const _: () = assert!(2 + 2 * MAX_SET_CHANGES <= MAX_ELEMENTS, "edits of contacts exceed a transaction");

/// Attribute that an edit can change, and its value. `None` if the attribute has no value.
type Attribute = (&'static str, Option<AttributeValue>);

/// Returns the attributes that identify the customer. Purchases also contain these attributes.
fn identity(contact: &Contact) -> [Attribute; 4] {
    let text = |text: Option<&str>| text.map(s);
    [
        ("email", text(contact.email.as_ref().map(|email| email.as_str()))),
        ("customer_id", text(contact.customer_id.as_deref())),
        ("first_name", text(contact.first_name.as_deref())),
        ("last_name", text(contact.last_name.as_deref())),
    ]
}

/// Returns the attribute that stores the same kind of name from purchases. `None` if the attribute
/// is not a name.
fn claim_of(attribute: &str) -> Option<&'static str> {
    match attribute {
        "first_name" => Some("claimed_first_name"),
        "last_name" => Some("claimed_last_name"),
        _ => None,
    }
}

/// Returns the tags, the lists, the time zone and the locale as attributes.
fn settings(contact: &Contact) -> [Attribute; 4] {
    let set = |members: &BTreeSet<Label>| {
        (!members.is_empty()).then(|| AttributeValue::Ss(members.iter().map(ToString::to_string).collect()))
    };
    [
        (attribute(ContactSet::Tags), set(&contact.tags)),
        (attribute(ContactSet::Lists), set(&contact.lists)),
        ("time_zone", contact.time_zone.as_ref().map(|zone| s(zone.to_string()))),
        ("locale", contact.locale.as_ref().map(|locale| s(locale.as_str()))),
    ]
}

/// Whether the stored contact is the result of the edit to `after`.
fn is_edit(stored: &Contact, after: &Contact) -> bool {
    (stored.version, &stored.consent) == (after.version, &after.consent)
        && identity(stored) == identity(after)
        && settings(stored) == settings(after)
}

fn consent_value(consent: &Consent, doing: &'static str) -> Result<AttributeValue, StoreError> {
    let stored = StoredConsent::from(consent.clone());
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(stored).map_err(|error| failed(doing)(Box::new(error)))
}

impl TenantStore {
    pub(crate) async fn create_contact(&self, contact: &Contact) -> Result<CreateContactOutcome, StoreError> {
        let doing = "creating a contact";
        let id = self.contact_id_of(&contact.customer(), contact.created_at, doing).await?;
        let contact = &Contact { id, ..contact.clone() };
        let mut update = self
            .table
            .update(self.keys.contact(contact.id.key()))
            .condition_expression("attribute_not_exists(id) AND attribute_not_exists(leaving)")
            .expression_attribute_values(":kind", s(ContactItem::KIND))
            .expression_attribute_values(":id", s(contact.id.as_str()))
            .expression_attribute_values(":list", s(self.keys.list("contacts")))
            .expression_attribute_values(":now", n(contact.created_at.timestamp_millis()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":version", n(contact.version))
            .expression_attribute_values(":token", s(contact.unsubscribe_token.as_str()))
            .expression_attribute_values(":consent", consent_value(&contact.consent, doing)?)
            .expression_attribute_names("#ttl", "ttl")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // If the item already has a consent, the contact withdrew it before an erasure. The consent stays withdrawn.
        let mut set = "SET kind = :kind, id = :id, gsi1pk = :list, gsi1sk = :id, created_at_ms = :now, \
                       said_at_ms = :now, labels_by_key = :yes, version = :version, unsubscribe_token = :token, \
                       consent = if_not_exists(consent, :consent)"
            .to_owned();
        for (name, value) in identity(contact).into_iter().chain(settings(contact)) {
            let Some(value) = value else { continue };
            set.push_str(&format!(", #{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        set.push_str(REMOVE_TTL);
        let mut elements = vec![update.update_expression(set).element(doing)?];
        for change in contact.without_sets().set_changes(contact) {
            elements.push(self.membership(&contact.id, &change, doing)?);
        }
        for _ in 0..MAX_CREATE_ATTEMPTS {
            let mut cancellation = match self
                .commit(elements.clone(), Change::of(&contact.id).versions(None, contact.version), doing)
                .await?
            {
                Transacted::Committed => {
                    let stored = self.contact_at(contact.id.key()).await?;
                    return Ok(CreateContactOutcome::Created(Box::new(stored.unwrap_or_else(|| contact.clone()))));
                }
                Transacted::Cancelled(cancellation) => cancellation,
            };
            let there = cancellation.item_at(0);
            if there.as_ref().is_some_and(|there| there.contains_key(LEAVING)) {
                self.complete_erasure(&contact.id).await?;
                continue;
            }
            match contact_of(there, doing)? {
                Some(existing) if existing.unsubscribe_token == contact.unsubscribe_token => {
                    return Ok(CreateContactOutcome::Created(Box::new(existing)));
                }
                Some(existing) => return Ok(CreateContactOutcome::Existing(existing.id)),
                None => break,
            }
        }
        Err(StoreError::Busy { doing })
    }

    pub(crate) async fn edit_contact(
        &self,
        before: &Contact,
        after: &Contact,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "editing a contact";
        let changes_identity = identity(before) != identity(after);
        let mut update = self
            .table
            .update(self.keys.contact(before.id.key()))
            .condition_expression("version = :before")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":before", n(before.version))
            .expression_attribute_values(":after", n(after.version))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let (mut sets, mut removes) = (vec!["version = :after, labels_by_key = :yes".to_owned()], Vec::new());
        if changes_identity {
            sets.push("said_at_ms = :now".to_owned());
            update = update.expression_attribute_values(":now", n(now.timestamp_millis()));
        }
        if before.consent != after.consent {
            sets.push("consent = :consent".to_owned());
            update = update.expression_attribute_values(":consent", consent_value(&after.consent, doing)?);
        }
        let [was, is] = [before, after].map(|contact| identity(contact).into_iter().chain(settings(contact)));
        for ((name, _), (_, value)) in was.zip(is).filter(|(was, is)| was != is) {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    sets.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => {
                    removes.push(format!("#{name}"));
                    removes.extend(claim_of(name).map(str::to_owned));
                }
            }
        }
        if after.verified {
            removes.push("unverified".to_owned());
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removes.join(", ")));
        }
        let mut elements = vec![update.update_expression(expression).element(doing)?];
        for change in before.set_changes(after) {
            elements.push(self.membership(&before.id, &change, doing)?);
            if !before.listening.is_empty() {
                let purpose = Purpose::ContactChanged { contact_id: before.id.clone(), change };
                let timer = Timer { tenant_id: self.keys.tenant.clone(), due_at: now, purpose };
                elements.push(self.put_timer(&timer, doing)?);
            }
        }
        match self.commit(elements, Change::of(&before.id).versions(before.version, after.version), doing).await? {
            Transacted::Committed => Ok(true),
            // If the response to the committed write was lost, the retry finds the edited contact.
            Transacted::Cancelled(mut cancellation) => {
                let stored = contact_of(cancellation.item_at(0), doing)?;
                Ok(stored.is_some_and(|stored| is_edit(&stored, after)))
            }
        }
    }

    pub(crate) async fn is_unsubscribe_token(
        &self,
        contact_key: &str,
        token: &UnsubscribeToken,
    ) -> Result<bool, StoreError> {
        Ok(self.contact_with(contact_key, token).await?.is_some())
    }

    pub(crate) async fn withdraw_consent(
        &self,
        contact_key: &str,
        token: &UnsubscribeToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "withdrawing consent";
        match self.contact_with(contact_key, token).await? {
            None => return Ok(false),
            Some(contact) if contact.consent.email == ConsentState::Withdrawn => return Ok(true),
            Some(_) => {}
        }
        let update = self
            .table
            .update(self.keys.contact(contact_key))
            .update_expression("SET consent = :consent, version = version + :one")
            .condition_expression("unsubscribe_token = :token")
            .expression_attribute_values(":consent", consent_value(&Consent::unsubscribed(now), doing)?)
            .expression_attribute_values(":token", s(token.as_str()))
            .expression_attribute_values(":one", n(1));
        // A repeated update withdraws the consent again, which changes only the version.
        let transacted = self.table.transact(vec![update.element(doing)?], doing).await?;
        Ok(transacted.is_committed())
    }

    async fn contact_with(&self, key: &str, token: &UnsubscribeToken) -> Result<Option<Contact>, StoreError> {
        let contact = self.contact_at(key).await?;
        Ok(contact.filter(|contact| contact.unsubscribe_token.matches(token)))
    }
}
