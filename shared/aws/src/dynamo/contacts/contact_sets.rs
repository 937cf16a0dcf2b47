//! Changes the tags and lists of contacts. Tags and lists are string sets in the contact's item. Each tag and each list
//! also has an audience, with one membership item per contact. Updates add or delete single elements of a set, so
//! concurrent changes are not lost.
//!
//! Names of tags and lists that differ only in case or white space are spellings of the same name.
//! A set holds one spelling of a name, and all spellings share one audience. Earlier versions of
//! couponflow stored an element and an audience per spelling. Reading a contact that an earlier
//! version stored migrates its memberships.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use couponflow_app::contacts::ports::SetChangeOutcome;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::contacts::contact::{Contact, ContactSet, MAX_TAGS_OR_LISTS, SetChange};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::timers::timer::Timer;

use super::audiences::MemberItem;
use crate::dynamo::contacts::contact::{ContactItem, contact_of};
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{n, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// Maximum number of memberships that one transaction migrates. Each membership needs two writes.
const MOVES_PER_TRANSACTION: usize = 40;

/// Indexes of elements in the transaction that changes a set.
const CONTACT: usize = 0;
const MEMBERSHIP: usize = 1;

/// Attribute that stores a set.
pub(crate) fn attribute(set: ContactSet) -> &'static str {
    match set {
        ContactSet::Tags => "tags",
        ContactSet::Lists => "lists",
    }
}

/// Kind of audience that belongs to a set.
fn kind(set: ContactSet) -> &'static str {
    match set {
        ContactSet::Tags => "tag",
        ContactSet::Lists => "list",
    }
}

impl TenantStore {
    pub(crate) async fn change_contact_set(
        &self,
        contact: &Contact,
        change: &SetChange,
        signal_timer: Option<&Timer>,
    ) -> Result<SetChangeOutcome, StoreError> {
        let doing = "changing a set of a contact";
        let Some(stored) = self.contact_item(contact.id.key(), doing).await? else {
            return Ok(SetChangeOutcome::Nothing);
        };
        let spellings = stored.spellings(change.set(), change.member());
        if spellings.is_empty() != change.adds() {
            return Ok(SetChangeOutcome::Nothing);
        }
        let (action, condition, members) = match change.adds() {
            true => ("ADD", "(attribute_not_exists(#set) OR size(#set) < :most)", vec![change.member().to_string()]),
            false => ("DELETE", "contains(#set, :text)", spellings),
        };
        let mut update = self
            .table
            .update(self.keys.contact(contact.id.key()))
            .update_expression(format!("{action} #set :members SET version = version + :one, labels_by_key = :yes"))
            .expression_attribute_names("#set", attribute(change.set()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update = match change.adds() {
            true => update.expression_attribute_values(":most", n(MAX_TAGS_OR_LISTS)),
            false => update.expression_attribute_values(":text", AttributeValue::S(members[0].clone())),
        };
        update = update.expression_attribute_values(":members", AttributeValue::Ss(members));
        let listening_unchanged = match contact.listening.is_empty() {
            true => "attribute_not_exists(listening)",
            false => {
                let listening = contact.listening.iter().map(ToString::to_string).collect();
                update = update.expression_attribute_values(":listening", AttributeValue::Ss(listening));
                "listening = :listening"
            }
        };
        let update =
            update.condition_expression(format!("attribute_exists(id) AND {condition} AND {listening_unchanged}"));
        let key = self.keys.member((kind(change.set()), change.member().key()), contact.id.key());
        // If two requests add two spellings of the same name concurrently, only one request
        // succeeds.
        let membership = match change.adds() {
            true => self.table.put_new(to_item(key, &MemberItem::of(&contact.id), doing)?).element(doing)?,
            false => self.table.delete(key).element(doing)?,
        };
        let mut elements = vec![update.element(doing)?, membership];
        elements.extend(signal_timer.map(|timer| self.put_timer(timer, doing)).transpose()?);
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(SetChangeOutcome::Done),
            Transacted::Cancelled(mut cancellation) if cancellation.failed_at(CONTACT) => {
                Ok(match contact_of(cancellation.item_at(CONTACT), doing)? {
                    Some(there) => why_unchanged(&there, change),
                    None => SetChangeOutcome::Nothing,
                })
            }
            Transacted::Cancelled(cancellation) if cancellation.failed_at(MEMBERSHIP) => {
                Ok(match self.contact_at(contact.id.key()).await? {
                    Some(there) => why_unchanged(&there, change),
                    None => SetChangeOutcome::Nothing,
                })
            }
            Transacted::Cancelled(_) => Ok(SetChangeOutcome::ListeningChanged),
        }
    }

    /// Builds the write that adds a contact to the audience of a tag or a list, or removes it.
    pub(crate) fn membership(
        &self,
        contact: &ContactId,
        change: &SetChange,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = self.keys.member((kind(change.set()), change.member().key()), contact.key());
        match change.adds() {
            true => self.table.put(to_item(key, &MemberItem::of(contact), doing)?).element(doing),
            false => self.table.delete(key).element(doing),
        }
    }

    /// Migrates memberships that an earlier version stored per spelling of a tag or a list. Idempotent. If the contact
    /// changes during the migration, the next read of the contact continues the migration.
    pub(crate) async fn migrate_memberships(&self, item: &ContactItem, doing: &'static str) -> Result<(), StoreError> {
        if item.labels_by_key {
            return Ok(());
        }
        let mut moves = Vec::new();
        for (set, text) in item.members() {
            let label = Label::from(text);
            if label.as_str() == label.key() {
                continue;
            }
            let [to, from] = [label.key(), label.as_str()].map(|of| self.keys.member((kind(set), of), item.id.key()));
            moves.push((to, from));
        }
        if moves.is_empty() {
            return Ok(());
        }
        // Several spellings can have the same target, and a transaction can write an item only
        // once.
        let mut moved = BTreeSet::new();
        for moves in moves.chunks(MOVES_PER_TRANSACTION) {
            let check = self.table.check(self.keys.contact(item.id.key())).condition_expression("version = :version");
            let mut elements = vec![check.expression_attribute_values(":version", n(item.version)).element(doing)?];
            for (to, from) in moves {
                if moved.insert(to.pk.clone()) {
                    let member = to_item(to.clone(), &MemberItem::of(&item.id), doing)?;
                    elements.push(self.table.put(member).element(doing)?);
                }
                elements.push(self.table.delete(from.clone()).element(doing)?);
            }
            if let Transacted::Cancelled(_) = self.table.transact(elements, doing).await? {
                return Ok(());
            }
        }
        let note = self
            .table
            .update(self.keys.contact(item.id.key()))
            .update_expression("SET labels_by_key = :yes")
            .condition_expression("version = :version")
            .expression_attribute_values(":version", n(item.version))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        // Idempotent. If the contact has changed since it was read, the next call migrates it.
        self.table.transact(vec![note.element(doing)?], doing).await.map(|_| ())
    }
}

impl ContactItem {
    fn members(&self) -> impl Iterator<Item = (ContactSet, &str)> {
        let tags = self.tags.iter().map(|tag| (ContactSet::Tags, tag.as_str()));
        tags.chain(self.lists.iter().map(|list| (ContactSet::Lists, list.as_str())))
    }

    /// Returns all spellings of a name that the set contains. A set from an earlier version can
    /// contain several.
    fn spellings(&self, set: ContactSet, member: &Label) -> Vec<String> {
        let spellings = self.members().filter(|(of, text)| *of == set && Label::from(*text) == *member);
        spellings.map(|(_, text)| text.to_owned()).collect()
    }
}

/// Returns the reason why a change was not made, based on the stored contact.
fn why_unchanged(there: &Contact, change: &SetChange) -> SetChangeOutcome {
    let set = match change.set() {
        ContactSet::Tags => &there.tags,
        ContactSet::Lists => &there.lists,
    };
    if set.contains(change.member()) == change.adds() {
        SetChangeOutcome::Nothing
    } else if change.adds() && set.len() >= MAX_TAGS_OR_LISTS {
        SetChangeOutcome::TooMany
    } else {
        SetChangeOutcome::ListeningChanged
    }
}
