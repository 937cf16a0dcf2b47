//! Builds the counter update of a coupon edit.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::coupon::{Coupon, Edit, LimitChange};

use couponflow_domain::kernel::ids::ExecutionId;

use super::stored_terms::StoredThreshold;
use super::stored_value::StoredValue;
use crate::dynamo::engine::item::{n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

impl TenantStore {
    /// Builds the counter update of an edit. Conditions: the coupon has the version that was read, and no later
    /// redemption has invalidated the change of the limit.
    pub(crate) fn edit_counter(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        cause: Option<&ExecutionId>,
        now: DateTime<Utc>,
        doing: &'static str,
    ) -> Result<UpdateBuilder, StoreError> {
        let terms = &edit.terms;
        let mut sets = vec![
            "version = version + :one",
            "terms_version = version + :one",
            "updated_at_ms = :now",
            "#name = :name",
            "coupon_type = :type",
            "#value = :value",
            "thresholds = :thresholds",
            "notes_customers = :notes",
        ];
        let mut removes = Vec::new();
        let thresholds: Vec<StoredThreshold> = terms.thresholds.iter().copied().map(StoredThreshold::from).collect();
        let mut condition = "version = :version".to_owned();
        let value = |value: serde_json::Value| {
            serde_dynamo::to_attribute_value(value).map_err(|error| failed(doing)(Box::new(error)))
        };
        let mut update = self
            .table
            .update(self.keys.counter(&coupon.id))
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#value", "value")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":version", n(coupon.version))
            .expression_attribute_values(":name", s(&terms.name))
            .expression_attribute_values(":type", value(serde_json::json!(terms.discount.kind()))?)
            .expression_attribute_values(":value", value(serde_json::json!(StoredValue::from(terms.discount.value())))?)
            .expression_attribute_values(":thresholds", value(serde_json::json!(thresholds))?)
            .expression_attribute_values(":notes", value(serde_json::json!(terms.abandonment_window.is_some()))?);
        match terms.expires_at {
            Some(expires_at) => {
                sets.push("expires_at_ms = :expires");
                update = update.expression_attribute_values(":expires", n(expires_at.timestamp_millis()));
            }
            None => removes.push("expires_at_ms"),
        }
        if let Some(cause) = cause {
            sets.push("caused_by = :cause");
            update = update.expression_attribute_values(":cause", s(cause.as_str()));
        } else if edit.reschedules {
            // An operator has set the expiry, so the expiry is no longer attributed to a workflow.
            removes.push("caused_by");
        }
        if edit.revives {
            sets.push("#state = :active");
            update = update
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":active", s("active"));
        }
        if edit.begins_epoch {
            sets.push("limit_epoch = limit_epoch + :one");
        }
        match terms.max_redemptions {
            Some(limit) => {
                sets.push("max_redemptions = :limit");
                update = update.expression_attribute_values(":limit", n(limit));
            }
            None => removes.push("max_redemptions"),
        }
        match edit.limit {
            LimitChange::None => {}
            LimitChange::Raised(by) => {
                sets.push("remaining = remaining + :by");
                update = update.expression_attribute_values(":by", n(by));
            }
            LimitChange::Lowered(by) => {
                sets.push("remaining = remaining - :by");
                condition.push_str(" AND remaining >= :by");
                update = update.expression_attribute_values(":by", n(by));
            }
            LimitChange::Removed => removes.push("remaining"),
            LimitChange::Introduced { remaining } => {
                sets.push("remaining = :remaining");
                condition.push_str(" AND times_redeemed = :redeemed AND held = :held");
                update = update
                    .expression_attribute_values(":remaining", n(remaining))
                    .expression_attribute_values(":redeemed", n(coupon.times_redeemed))
                    .expression_attribute_values(":held", n(coupon.held));
            }
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removes.join(", ")));
        }
        Ok(update.update_expression(expression).condition_expression(condition))
    }
}
