//! Creates the contact of an event's customer, or updates the contact with the customer data of that
//! event.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::contacts::contact::{Contact, UnsubscribeToken, stored_customer_id};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::purchases::customer::Customer;

use super::contact::{ContactItem, MAX_CREATE_ATTEMPTS, REMOVE_TTL, is_erased_since};
use super::erasure::LEAVING;
use crate::dynamo::engine::item::{Stored as _, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Condition of every update. A claim sets no `said_at_ms`, so a verified statement of any instant replaces a claim.
const IS_NEWER: &str = "(attribute_not_exists(said_at_ms) OR said_at_ms <= :now) \
     AND (attribute_not_exists(erased_at_ms) OR erased_at_ms < :now) AND attribute_not_exists(leaving)";

impl TenantStore {
    /// Creates or updates the contact of a customer. An unverified customer is a claim, which only creates a contact
    /// and changes nothing of an existing one.
    pub(crate) async fn upsert_contact(
        &self,
        customer: &Customer,
        named_at: DateTime<Utc>,
        bits: Bits80,
    ) -> Result<Option<Contact>, StoreError> {
        let doing = "updating a contact";
        let id = self.contact_id_of(customer, named_at, doing).await?;
        let stated = [
            ("email", customer.email.as_ref().map(|email| email.as_str())),
            ("customer_id", stored_customer_id(customer)),
            ("claimed_first_name", customer.first_name.as_deref()),
            ("claimed_last_name", customer.last_name.as_deref()),
        ];
        let mut set = "SET kind = :kind, id = if_not_exists(id, :id), gsi1pk = :list, \
                       gsi1sk = if_not_exists(gsi1sk, :id), created_at_ms = if_not_exists(created_at_ms, :now), \
                       unsubscribe_token = if_not_exists(unsubscribe_token, :token), \
                       version = if_not_exists(version, :one)"
            .to_owned();
        let mut update = self
            .table
            .update_item(self.keys.contact(id.key()))
            .expression_attribute_values(":kind", s(ContactItem::KIND))
            .expression_attribute_values(":id", s(id.as_str()))
            .expression_attribute_values(":list", s(self.keys.list("contacts")))
            .expression_attribute_values(":token", s(UnsubscribeToken::new(bits).as_str()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", n(named_at.timestamp_millis()))
            .expression_attribute_names("#ttl", "ttl")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        for (name, value) in stated.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            // A purchase can spell the address of the contact differently. The contact keeps the first spelling.
            match name {
                "email" => set.push_str(", email = if_not_exists(email, :email)"),
                _ => set.push_str(&format!(", {name} = :{name}")),
            }
            update = update.expression_attribute_values(format!(":{name}"), s(value));
        }
        let update = match customer.verified {
            true => update
                .condition_expression(IS_NEWER)
                .update_expression(format!("{set}, said_at_ms = :now{REMOVE_TTL}, unverified")),
            false => update
                .condition_expression(format!("{IS_NEWER} AND attribute_not_exists(id)"))
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
                .update_expression(format!("{set}, unverified = :yes{REMOVE_TTL}")),
        };
        for _ in 0..MAX_CREATE_ATTEMPTS {
            let there = match update.clone().send().await {
                Ok(updated) => return Ok(self.migrated(updated.attributes, doing).await?.map(Contact::from)),
                Err(error) => match error.into_service_error() {
                    UpdateItemError::ConditionalCheckFailedException(refused) => refused.item.unwrap_or_default(),
                    error => return Err(failed(doing)(error.into())),
                },
            };
            if is_erased_since(&there, named_at) {
                return Ok(None);
            }
            if !there.contains_key(LEAVING) {
                // The stored identity is from a later instant or from a verified statement, so the contact keeps it.
                return Ok(self.migrated(Some(there), doing).await?.map(Contact::from));
            }
            self.complete_erasure(&id).await?;
        }
        Err(StoreError::Busy { doing })
    }
}
