//! Redacts the items that are listed under a person.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::coupon::{OnlyFor, Terms};
use couponflow_domain::kernel::ids::CouponId;

use super::{DOING, Entry, ErasedContact};
use crate::dynamo::coupons::coupon_items::TermsItem;
use crate::dynamo::engine::item::{n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::person_entry::sort_key_start;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Values of an update expression.
type Values = Vec<(&'static str, AttributeValue)>;

impl TenantStore {
    /// Redacts an item that is listed under a person, and removes it from the list. Condition: the item has not been
    /// listed again since, because the customer can have been named again after the erasure.
    pub(super) async fn redact_listed_item(
        &self,
        entry: &Entry,
        erased: &ErasedContact<'_>,
    ) -> Result<bool, StoreError> {
        if entry.sort_key > format!("{}~", sort_key_start(erased.erased_at)) {
            return Ok(false);
        }
        let Some((expression, mut values)) = self.redaction_of(&entry.key) else { return Ok(false) };
        values.push((":entry", s(&entry.sort_key)));
        self.update_if(entry.key.clone(), expression, "gsi1sk = :entry", values).await
    }

    /// Returns the update that redacts the item with this key. `None` if the key is that of another kind of item.
    fn redaction_of(&self, key: &Key) -> Option<(&'static str, Values)> {
        let kind = key.pk.split('#').nth(2)?;
        match (kind, key.sk.as_str()) {
            ("application", _) => Some(("REMOVE application.customer, gsi1pk, gsi1sk", Vec::new())),
            ("rejection", _) => Some(("REMOVE attempt.customer, gsi1pk, gsi1sk", Vec::new())),
            ("idempotency", _) => {
                let yes = AttributeValue::Bool(true);
                Some(("SET is_erased = :yes REMOVE answer, gsi1pk, gsi1sk", vec![(":yes", yes)]))
            }
            ("coupon", "terms") => Some((WITHOUT_CUSTOMER, vec![(":no_customer", no_customer())])),
            _ => None,
        }
    }

    /// Makes a coupon that only the contact could use unusable for all customers. Returns false if others can use the
    /// coupon.
    pub(super) async fn redact_only_for(&self, id: &CouponId, erased: &ErasedContact<'_>) -> Result<bool, StoreError> {
        let key = self.keys.terms(id);
        let Some(item) = self.table.get::<TermsItem>(key.clone(), DOING).await? else { return Ok(false) };
        let version = n(item.terms_version);
        let person = Terms::from(item.terms).only_for.as_ref().and_then(OnlyFor::customer);
        if !erased.is(person.as_ref()) {
            return Ok(false);
        }
        let values = vec![(":no_customer", no_customer()), (":version", version)];
        self.update_if(key, WITHOUT_CUSTOMER, "terms_version = :version", values).await
    }

    /// Updates an item. Returns false if the condition does not hold.
    pub(super) async fn update_if(
        &self,
        key: Key,
        expression: &str,
        condition: &str,
        values: Values,
    ) -> Result<bool, StoreError> {
        let update = self.table.update_item(key);
        let mut update = update.update_expression(expression).condition_expression(condition);
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(error) if error.is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(failed(DOING)(error.into())),
        }
    }
}

/// Update of the terms of a coupon that only the erased customer could use.
const WITHOUT_CUSTOMER: &str = "SET terms.only_for = :no_customer REMOVE gsi1pk, gsi1sk";

/// Stored form of `only_for` without a customer.
fn no_customer() -> AttributeValue {
    let absent = |name: &str| (name.to_owned(), AttributeValue::Null(true));
    AttributeValue::M([absent("email"), absent("customer_id")].into())
}
