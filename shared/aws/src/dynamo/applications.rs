//! Applications: one item by coupon and order.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use couponflow_app::error::StoreError;
use couponflow_app::ports::Applications;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::ApplicationId;
use couponflow_domain::purchase::{APPLICATION_KEPT, Application};
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::item::{Item, Stored, from_item, n, to_item};
use super::{TenantStore, failed};

/// An application with the coupon as it was, so that a stream record of this item is enough to make its event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApplicationItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) application: Application,
    pub(crate) coupon: CouponSnapshot,
    /// Equal where nothing about the application differs.
    pub(crate) fingerprint: String,
    /// Counts the different applications of this coupon to this order.
    pub(crate) revision: i64,
    pub(crate) correlation_id: Option<String>,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub(crate) ttl: i64,
}

impl Stored for ApplicationItem {
    const KIND: &'static str = "APPLICATION";
}

impl Applications for TenantStore {
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Result<Application, StoreError> {
        let doing = "recording an application";
        let key = self.keys.application(application.id.key());
        let item = ApplicationItem {
            tenant_id: self.keys.tenant.clone(),
            application: application.clone(),
            coupon: coupon.clone(),
            fingerprint: application.fingerprint(),
            revision: 0,
            correlation_id: Some(correlation_id.to_owned()),
            ttl: (application.created_at + APPLICATION_KEPT).timestamp(),
        };
        let mut values = to_item(key.clone(), &item, doing)?;
        for counted in ["pk", "sk", "revision"] {
            values.remove(counted);
        }
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .update_expression(set_expression(&values))
            .condition_expression("attribute_not_exists(pk) OR #fingerprint <> :fingerprint")
            .set_expression_attribute_names(Some(
                values.keys().map(|name| (format!("#{name}"), name.clone())).collect(),
            ))
            .set_expression_attribute_values(Some(expression_values(values)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let stored = match update.send().await {
            Ok(updated) => updated.attributes,
            Err(error) => match error.into_service_error() {
                aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                    unchanged,
                ) => unchanged.item,
                other => return Err(failed(doing)(other.into())),
            },
        };
        let stored: ApplicationItem = from_item(stored.unwrap_or_default(), doing)?;
        Ok(stored.application)
    }

    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        let key = self.keys.application(id.key());
        let item: Option<ApplicationItem> = self.table.get(key, "reading an application").await?;
        Ok(item.map(|item| item.application))
    }
}

fn set_expression(values: &Item) -> String {
    let sets: Vec<String> = values.keys().map(|name| format!("#{name} = :{name}")).collect();
    format!("SET {}, revision = if_not_exists(revision, :zero) + :one", sets.join(", "))
}

fn expression_values(values: Item) -> std::collections::HashMap<String, AttributeValue> {
    let counting = [(":zero".to_owned(), n(0)), (":one".to_owned(), n(1))];
    values.into_iter().map(|(name, value)| (format!(":{name}"), value)).chain(counting).collect()
}
