//! Contacts: one item by e-mail address, or by customer id.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{Contacts, Page, PageRequest};
use couponflow_domain::contact::{Contact, contact_id, contact_key};
use couponflow_domain::customer::{Customer, Email};
use couponflow_domain::ids::ContactId;
use serde::{Deserialize, Serialize};

use super::item::{Stored, from_item, n, s};
use super::{TenantStore, failed};

#[derive(Debug, Serialize, Deserialize)]
struct ContactItem {
    id: ContactId,
    email: Option<Email>,
    customer_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    tags: BTreeSet<String>,
    created_at_ms: i64,
    /// When the storefront said what stands here.
    #[serde(default)]
    said_at_ms: Option<i64>,
}

impl Stored for ContactItem {
    const KIND: &'static str = "CONTACT";
}

impl From<ContactItem> for Contact {
    fn from(item: ContactItem) -> Self {
        let ContactItem { id, email, customer_id, first_name, last_name, tags, created_at_ms, said_at_ms: _ } = item;
        let created_at = super::counter::instant(created_at_ms);
        Self { id, email, customer_id, first_name, last_name, tags, created_at }
    }
}

impl Contacts for TenantStore {
    async fn see_customer(&self, customer: &Customer, now: DateTime<Utc>) -> Result<Contact, StoreError> {
        let doing = "updating a contact";
        let id = contact_id(customer, now);
        let said = [
            ("email", customer.email.as_ref().map(|email| email.as_str())),
            ("customer_id", customer.id.as_deref()),
            ("first_name", customer.first_name.as_deref()),
            ("last_name", customer.last_name.as_deref()),
        ];
        let mut set = "SET kind = :kind, id = if_not_exists(id, :id), gsi1pk = :list, \
                       gsi1sk = if_not_exists(gsi1sk, :id), created_at_ms = if_not_exists(created_at_ms, :now), said_at_ms = :now"
            .to_owned();
        let mut update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.contact(&contact_key(customer)).attributes()))
            .expression_attribute_values(":kind", s(ContactItem::KIND))
            .expression_attribute_values(":id", s(id.as_str()))
            .expression_attribute_values(":list", s(self.keys.list("contacts")))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .condition_expression("attribute_not_exists(said_at_ms) OR said_at_ms <= :now")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        for (name, value) in said.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            set.push_str(&format!(", {name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), s(value));
        }
        let item = match update.update_expression(set).send().await {
            Ok(updated) => updated.attributes,
            Err(error) => match error.into_service_error() {
                // What is there was said later: it stays.
                UpdateItemError::ConditionalCheckFailedException(later) => later.item,
                error => return Err(failed(doing)(error.into())),
            },
        };
        from_item::<ContactItem>(item.unwrap_or_default(), doing).map(Contact::from)
    }

    async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        self.contact_at(id.key()).await
    }

    async fn contact_by_email(&self, email: &Email) -> Result<Option<Contact>, StoreError> {
        let customer = Customer { email: Some(email.clone()), id: None, first_name: None, last_name: None };
        self.contact_at(&contact_key(&customer)).await
    }

    async fn add_tag(&self, id: &ContactId, tag: &str) -> Result<(), StoreError> {
        self.change_tags(id, "ADD tags :tag", tag).await
    }

    async fn remove_tag(&self, id: &ContactId, tag: &str) -> Result<(), StoreError> {
        self.change_tags(id, "DELETE tags :tag", tag).await
    }

    async fn contacts(&self, page: &PageRequest) -> Result<Page<Contact>, StoreError> {
        let doing = "listing contacts";
        let ids = self.list("contacts", page, |_| true, doing).await?;
        let mut data = Vec::with_capacity(ids.data.len());
        for id in &ids.data {
            let id = ContactId::parse(id).map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
            data.extend(self.contact(&id).await?);
        }
        Ok(Page { data, next_cursor: ids.next_cursor })
    }
}

impl TenantStore {
    async fn contact_at(&self, key: &str) -> Result<Option<Contact>, StoreError> {
        let item: Option<ContactItem> = self.table.get(self.keys.contact(key), "reading a contact").await?;
        Ok(item.map(Contact::from))
    }

    /// A string set and an update of its elements: two that change it at once lose nothing.
    async fn change_tags(&self, id: &ContactId, expression: &str, tag: &str) -> Result<(), StoreError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.contact(id.key()).attributes()))
            .update_expression(expression)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":tag", AttributeValue::Ss(vec![tag.to_owned()]));
        update.send().await.map(|_| ()).map_err(|error| failed("changing the tags of a contact")(error.into()))
    }
}
