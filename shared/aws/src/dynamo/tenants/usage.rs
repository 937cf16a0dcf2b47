//! Counts what the quotas of a tenant limit, in one item of the tenant. Each change of the counts is an element of the
//! transaction that changes what is counted, so the counts are exact.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::tenants::quota::{QuotaExceeded, QuotaKind, Quotas};
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;

/// Counts of a tenant. What an earlier version stored is not counted.
#[derive(Debug, Default, Serialize, Deserialize)]
struct UsageItem {
    #[serde(default)]
    published_workflows: i64,
    #[serde(default)]
    published_filter_bytes: i64,
}

impl Stored for UsageItem {
    const KIND: &'static str = "USAGE";
}

/// Change of the counts of a tenant's published workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PublishedUsage {
    pub(crate) workflows: i64,
    pub(crate) filter_bytes: i64,
}

impl TenantStore {
    /// Builds the element that counts a change of the published workflows. The condition of the element fails if an
    /// increase exceeds a quota.
    pub(crate) fn count_published(
        &self,
        change: PublishedUsage,
        quotas: &Quotas,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut update = self
            .table
            .update(self.keys.usage())
            .update_expression("SET #kind = :kind ADD published_workflows :workflows, published_filter_bytes :bytes")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":kind", s(UsageItem::KIND))
            .expression_attribute_values(":workflows", n(change.workflows))
            .expression_attribute_values(":bytes", n(change.filter_bytes));
        let mut conditions = Vec::new();
        for (attribute, added, kind) in [
            ("published_workflows", change.workflows, QuotaKind::PublishedWorkflows),
            ("published_filter_bytes", change.filter_bytes, QuotaKind::PublishedFilterBytes),
        ] {
            if added > 0 {
                let room = quotas.of(kind) - added;
                // A missing count is 0, so the change fits if the room is not negative.
                let is_missing =
                    if room >= 0 { format!("attribute_not_exists({attribute}) OR ") } else { String::new() };
                conditions.push(format!("({is_missing}{attribute} <= :room_{attribute})"));
                update = update.expression_attribute_values(format!(":room_{attribute}"), n(room));
            }
        }
        if !conditions.is_empty() {
            update = update.condition_expression(conditions.join(" AND "));
        }
        update.element(doing)
    }

    /// Returns the quota that an increase of the published workflows exceeds.
    pub(crate) async fn exceeded(
        &self,
        change: PublishedUsage,
        quotas: &Quotas,
        doing: &'static str,
    ) -> Result<QuotaExceeded, StoreError> {
        let usage: UsageItem = self.table.get(self.keys.usage(), doing).await?.unwrap_or_default();
        let quota = quotas.of(QuotaKind::PublishedWorkflows);
        if change.workflows > 0 && usage.published_workflows + change.workflows > quota {
            return Ok(QuotaExceeded { kind: QuotaKind::PublishedWorkflows, quota });
        }
        let kind = QuotaKind::PublishedFilterBytes;
        Ok(QuotaExceeded { kind, quota: quotas.of(kind) })
    }

    /// Builds the element that counts a new job. The condition of the element fails if the quota is used up.
    pub(crate) fn count_job(
        &self,
        id: &JobId,
        quota: i64,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let has_room = if quota > 0 {
            "attribute_not_exists(running_jobs) OR size(running_jobs) < :quota"
        } else {
            "size(running_jobs) < :quota"
        };
        self.table
            .update(self.keys.usage())
            .update_expression("SET #kind = :kind ADD running_jobs :job")
            .condition_expression(has_room)
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":kind", s(UsageItem::KIND))
            .expression_attribute_values(":job", AttributeValue::Ss(vec![id.as_str().to_owned()]))
            .expression_attribute_values(":quota", n(quota))
            .element(doing)
    }

    /// Builds the element that no longer counts a job that has ended. A no-op for a job that is not counted.
    pub(crate) fn release_job(&self, id: &JobId, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        self.table
            .update(self.keys.usage())
            .update_expression("SET #kind = :kind DELETE running_jobs :job")
            .expression_attribute_names("#kind", "kind")
            .set_expression_attribute_values(Some(HashMap::from([
                (":kind".to_owned(), s(UsageItem::KIND)),
                (":job".to_owned(), AttributeValue::Ss(vec![id.as_str().to_owned()])),
            ])))
            .element(doing)
    }
}
