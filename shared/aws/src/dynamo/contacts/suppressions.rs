//! Stores the suppression list: the addresses to which no e-mail is sent. Each address has one
//! item, under the digest of the address. The item holds the latest change.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail::{Suppression, SuppressionReason};
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::audit::Change;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, n, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// How long a lifted suppression is recorded. Longer than the queues keep delivery events from before the lift.
const LIFTED: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Serialize, Deserialize)]
struct SuppressionItem {
    /// `None` if the suppression was lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<SuppressionReason>,
    at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

impl Stored for SuppressionItem {
    const KIND: &'static str = "SUPPRESSION";
}

impl TenantStore {
    pub(crate) async fn suppressions(&self, emails: &[Email]) -> Result<Vec<Option<Suppression>>, StoreError> {
        let keys: Vec<Vec<Key>> = emails.iter().map(|email| self.keys.suppressions(email)).collect();
        let items = self.table.get_all::<SuppressionItem>(&keys.concat(), "reading the suppression list").await?;
        let mut items = items.into_iter();
        // Different versions of couponflow store items under different keys. The latest item counts.
        let latest = |keys: &Vec<Key>| items.by_ref().take(keys.len()).flatten().max_by_key(|item| item.at_ms);
        let suppression = |item: SuppressionItem| Some(Suppression { reason: item.reason?, at: instant(item.at_ms) });
        Ok(keys.iter().map(latest).map(|latest| latest.and_then(suppression)).collect())
    }

    pub(crate) async fn suppress(
        &self,
        email: &Email,
        reason: SuppressionReason,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let item = SuppressionItem { reason: Some(reason), at_ms: at.timestamp_millis(), ttl: None };
        for key in self.keys.suppressions(email).into_iter().take(1) {
            self.replace(key, &item, "attribute_not_exists(at_ms) OR at_ms <= :at").await?;
        }
        Ok(())
    }

    pub(crate) async fn lift(&self, email: &Email, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let item = SuppressionItem { reason: None, at_ms: at.timestamp_millis(), ttl: Some((at + LIFTED).timestamp()) };
        let mut is_lifted = false;
        for key in self.keys.suppressions(email) {
            is_lifted |= self.replace(key, &item, "attribute_exists(reason) AND at_ms <= :at").await?;
        }
        Ok(is_lifted)
    }

    /// Puts an item if the existing item meets the condition. Returns false if the condition fails.
    async fn replace(&self, key: Key, item: &SuppressionItem, condition: &str) -> Result<bool, StoreError> {
        let doing = "changing the suppression list";
        let put = self
            .table
            .put(to_item(key, item, doing)?)
            .condition_expression(condition)
            .expression_attribute_values(":at", n(item.at_ms))
            .element(doing)?;
        Ok(matches!(self.commit(vec![put], Change::of("suppressions"), doing).await?, Transacted::Committed))
    }
}
