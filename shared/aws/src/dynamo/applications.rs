//! Applications: one item by coupon and order.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use couponflow_app::error::StoreError;
use couponflow_app::ports::Applications;
use couponflow_domain::customer::Customer;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::{ApplicationId, CouponId};
use couponflow_domain::purchase::{APPLICATION_KEPT, Application, Hold, purchase_key};
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::counter::instant;
use super::item::{Stored, from_item, n, s, to_item};
use super::{TenantStore, failed};

/// An application with the coupon as it was, so that a stream record of this item is enough to make its event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApplicationItem {
    pub(crate) tenant_id: TenantId,
    /// The id that the first application of this coupon to this order got; the one inside `application` is the latest.
    pub(crate) application_id: ApplicationId,
    pub(crate) application: Application,
    pub(crate) coupon: CouponSnapshot,
    /// Equal where the price is.
    pub(crate) fingerprint: String,
    /// Counts the prices that the order has had.
    pub(crate) revision: i64,
    pub(crate) correlation_id: Option<String>,
    /// While a redemption is held for it: until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold_until_ms: Option<i64>,
    /// When it counts as abandoned, if it is not redeemed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandonment_due_ms: Option<i64>,
    /// When it was abandoned; it can be only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandoned_at_ms: Option<i64>,
    /// When a hold of it ran out last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold_expired_at_ms: Option<i64>,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub(crate) ttl: i64,
}

impl Stored for ApplicationItem {
    const KIND: &'static str = "APPLICATION";
}

impl From<ApplicationItem> for Application {
    fn from(item: ApplicationItem) -> Self {
        let hold = item.hold_until_ms.map(|until| Hold { expires_at: instant(until) });
        let abandonment_due_at = item.abandonment_due_ms.map(instant);
        Self { id: item.application_id, hold, abandonment_due_at, ..item.application }
    }
}

impl ApplicationItem {
    /// A new one. Its hold, if any, is the caller's to set: it counts only together with the coupon's counter.
    pub(super) fn new(
        tenant_id: TenantId,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Self {
        Self {
            tenant_id,
            application_id: application.id.clone(),
            application: Application { hold: None, abandonment_due_at: None, ..application.clone() },
            coupon: coupon.clone(),
            fingerprint: application.fingerprint(),
            revision: 0,
            correlation_id: Some(correlation_id.to_owned()),
            hold_until_ms: None,
            abandonment_due_ms: application.abandonment_due_at.map(|due| due.timestamp_millis()),
            abandoned_at_ms: None,
            hold_expired_at_ms: None,
            ttl: (application.created_at + APPLICATION_KEPT).timestamp(),
        }
    }
}

impl Applications for TenantStore {
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Result<Application, StoreError> {
        let mut item = ApplicationItem::new(self.keys.tenant.clone(), application, coupon, correlation_id);
        let stored = match self.write_application(&item, Price::New).await? {
            Written::Now(stored) => return Ok(stored.into()),
            Written::Before(stored) => stored,
        };
        // The price is the one there was. Who and what for may still be known better now; that fires nothing.
        item.application.created_at = stored.application.created_at;
        item.application.id = stored.application.id.clone();
        item.abandonment_due_ms = stored.abandonment_due_ms;
        if item.application == stored.application {
            return Ok(stored.into());
        }
        match self.write_application(&item, Price::Same).await? {
            Written::Now(stored) | Written::Before(stored) => Ok(stored.into()),
        }
    }

    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        let key = self.keys.application(id.key());
        let item: Option<ApplicationItem> = self.table.get(key, "reading an application").await?;
        Ok(item.map(Application::from))
    }

    async fn redeemed_by(&self, coupon_id: &CouponId, customer: &Customer) -> Result<i64, StoreError> {
        self.counted_redemptions(coupon_id, customer).await
    }

    async fn application_for_order(
        &self,
        coupon: &CouponId,
        order_id: &str,
    ) -> Result<Option<Application>, StoreError> {
        let key = self.keys.application(&purchase_key(coupon, order_id));
        let item: Option<ApplicationItem> = self.table.get(key, "reading an application").await?;
        Ok(item.map(Application::from))
    }
}

/// Whether a write brings a price that was not there, or must find the same one.
#[derive(Clone, Copy, PartialEq)]
enum Price {
    New,
    Same,
}

/// What a conditional write left in the table.
enum Written {
    Now(ApplicationItem),
    Before(ApplicationItem),
}

impl TenantStore {
    async fn write_application(&self, item: &ApplicationItem, price: Price) -> Result<Written, StoreError> {
        let doing = "recording an application";
        let key = self.keys.application(item.application_id.key());
        let mut values = to_item(key.clone(), item, doing)?;
        for kept in ["pk", "sk", "revision", "application_id"] {
            values.remove(kept);
        }
        let mut sets: Vec<String> = values.keys().map(|name| format!("#{name} = :{name}")).collect();
        sets.push("application_id = if_not_exists(application_id, :id)".to_owned());
        let condition = match price {
            Price::New => {
                sets.push("revision = if_not_exists(revision, :zero) + :one".to_owned());
                "attribute_not_exists(pk) OR #fingerprint <> :fingerprint"
            }
            Price::Same => "#fingerprint = :fingerprint",
        };
        // The window may have been taken out of the terms since the last price.
        let remove = if item.abandonment_due_ms.is_none() { " REMOVE abandonment_due_ms" } else { "" };
        let mut update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .update_expression(format!("SET {}{remove}", sets.join(", ")))
            .condition_expression(condition)
            .expression_attribute_values(":id", s(item.application_id.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if price == Price::New {
            update = update.expression_attribute_values(":zero", n(0)).expression_attribute_values(":one", n(1));
        }
        for (name, value) in values {
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        match update.send().await {
            Ok(updated) => from_item(updated.attributes.unwrap_or_default(), doing).map(Written::Now),
            Err(error) => match error.into_service_error() {
                UpdateItemError::ConditionalCheckFailedException(unchanged) => {
                    from_item(unchanged.item.unwrap_or_default(), doing).map(Written::Before)
                }
                other => Err(failed(doing)(other.into())),
            },
        }
    }
}
