//! Tags and lists: string sets of the contact's item, each member with an item in its audience. Updates of elements, so
//! that those who change them at once lose nothing.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use couponflow_app::error::StoreError;
use couponflow_app::ports::Changed;
use couponflow_domain::contact::{Contact, ContactSet, MOST_MEMBERS, SetChange};
use couponflow_domain::ids::ContactId;
use couponflow_domain::timer::Timer;

use super::TenantStore;
use super::audiences::MemberItem;
use super::contacts::contact_of;
use super::item::{IntoElement as _, n, to_item};
use super::transact::Transacted;

/// The attribute that a set is stored as.
pub(super) fn attribute(set: ContactSet) -> &'static str {
    match set {
        ContactSet::Tags => "tags",
        ContactSet::Lists => "lists",
    }
}

/// The audience that a member of a set makes.
fn audience(change: &SetChange) -> (&'static str, &str) {
    let kind = match change.set() {
        ContactSet::Tags => "tag",
        ContactSet::Lists => "list",
    };
    (kind, change.member())
}

impl TenantStore {
    pub(super) async fn change_contact_set(
        &self,
        contact: &Contact,
        change: &SetChange,
        heard: Option<&Timer>,
    ) -> Result<Changed, StoreError> {
        let doing = "changing a set of a contact";
        let (action, condition) = match change.adds() {
            true => ("ADD", "NOT contains(#set, :text) AND (attribute_not_exists(#set) OR size(#set) < :most)"),
            false => ("DELETE", "contains(#set, :text)"),
        };
        let mut update = self
            .table
            .update(self.keys.contact(contact.id.key()))
            .update_expression(format!("{action} #set :member SET version = version + :one"))
            .expression_attribute_names("#set", attribute(change.set()))
            .expression_attribute_values(":member", AttributeValue::Ss(vec![change.member().to_owned()]))
            .expression_attribute_values(":text", AttributeValue::S(change.member().to_owned()))
            .expression_attribute_values(":one", n(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if change.adds() {
            update = update.expression_attribute_values(":most", n(MOST_MEMBERS));
        }
        let same_listen = match contact.listening.is_empty() {
            true => "attribute_not_exists(listening)",
            false => {
                let listening = contact.listening.iter().map(ToString::to_string).collect();
                update = update.expression_attribute_values(":listening", AttributeValue::Ss(listening));
                "listening = :listening"
            }
        };
        let update = update.condition_expression(format!("attribute_exists(id) AND {condition} AND {same_listen}"));
        let mut elements = vec![update.element(doing)?, self.membership(&contact.id, change, doing)?];
        elements.extend(heard.map(|timer| self.put_timer(timer, doing)).transpose()?);
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(Changed::Done),
            Transacted::Refused(mut refusal) => Ok(match contact_of(refusal.item_at(0), doing)? {
                Some(there) => why_not(&there, change),
                None => Changed::Nothing,
            }),
        }
    }

    /// The write of the membership that follows from a change of a set.
    pub(super) fn membership(
        &self,
        contact: &ContactId,
        change: &SetChange,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = self.keys.member(audience(change), contact.key());
        match change.adds() {
            true => self.table.put(to_item(key, &MemberItem::of(contact), doing)?).element(doing),
            false => self.table.delete(key).element(doing),
        }
    }
}

/// Why a change was not made, by the contact as it was.
fn why_not(there: &Contact, change: &SetChange) -> Changed {
    let set = match change.set() {
        ContactSet::Tags => &there.tags,
        ContactSet::Lists => &there.lists,
    };
    if set.contains(change.member()) == change.adds() {
        Changed::Nothing
    } else if change.adds() && set.len() >= MOST_MEMBERS {
        Changed::TooMany
    } else {
        Changed::ListeningChanged
    }
}
