//! Stores the counts of a tenant's e-mails and the pause of its e-mail, in one item. The counts are in two blocks: the
//! current block, and the complete block before it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail_pause::{BLOCK, CountedReport, MailCounts, MailPause, PauseReason};
use couponflow_domain::tenants::audit::Change;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

#[derive(Debug, Default, Serialize, Deserialize)]
struct MailStateItem {
    #[serde(default)]
    delivered: i64,
    #[serde(default)]
    bounced: i64,
    #[serde(default)]
    complained: i64,
    #[serde(default)]
    delivered_before: i64,
    #[serde(default)]
    bounced_before: i64,
    #[serde(default)]
    complained_before: i64,
    #[serde(default)]
    paused_at_ms: Option<i64>,
    #[serde(default)]
    paused_because: Option<PauseReason>,
}

impl Stored for MailStateItem {
    const KIND: &'static str = "MAIL_STATE";
}

impl MailStateItem {
    fn pause(&self) -> Option<MailPause> {
        Some(MailPause { reason: self.paused_because?, since: instant(self.paused_at_ms?) })
    }

    fn counts(&self) -> MailCounts {
        MailCounts {
            delivered: self.delivered + self.delivered_before,
            bounced: self.bounced + self.bounced_before,
            complained: self.complained + self.complained_before,
        }
    }
}

impl TenantStore {
    pub(crate) async fn mail_pause(&self) -> Result<Option<MailPause>, StoreError> {
        let cache = &self.table.mail_pauses;
        if let Some(pause) = cache.get(&self.keys.tenant) {
            return Ok(pause);
        }
        let doing = "reading whether a tenant's e-mail is paused";
        let item: Option<MailStateItem> = self.table.get(self.keys.mail_state(), doing).await?;
        let pause = item.and_then(|item| item.pause());
        cache.put(self.keys.tenant.clone(), pause);
        Ok(pause)
    }

    pub(crate) async fn count_report(&self, report: CountedReport) -> Result<MailCounts, StoreError> {
        let doing = "counting a delivery report";
        let name: &'static str = report.into();
        let add = self
            .mail_state_update()
            .update_expression(format!("SET kind = :kind ADD {name} :one"))
            .expression_attribute_values(":kind", s(MailStateItem::KIND))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        let Some(Some(item)) = update(add, doing).await? else { return Ok(MailCounts::default()) };
        let item: MailStateItem = from_item(item, doing)?;
        if item.delivered + item.bounced >= BLOCK {
            self.complete_block(&item, doing).await?;
        }
        Ok(item.counts())
    }

    /// Makes the current block the previous one. Another instance that counted the same reports may have done so.
    async fn complete_block(&self, item: &MailStateItem, doing: &'static str) -> Result<(), StoreError> {
        let next = self
            .mail_state_update()
            .update_expression(
                "SET delivered_before = :delivered, bounced_before = :bounced, complained_before = :complained, \
                 delivered = :none, bounced = :none, complained = :none",
            )
            .condition_expression(
                "(attribute_not_exists(delivered) OR delivered = :delivered) \
                 AND (attribute_not_exists(bounced) OR bounced = :bounced) \
                 AND (attribute_not_exists(complained) OR complained = :complained)",
            )
            .expression_attribute_values(":delivered", n(item.delivered))
            .expression_attribute_values(":bounced", n(item.bounced))
            .expression_attribute_values(":complained", n(item.complained))
            .expression_attribute_values(":none", n(0));
        update(next, doing).await.map(|_| ())
    }

    pub(crate) async fn pause_mail(&self, pause: &MailPause) -> Result<bool, StoreError> {
        let doing = "pausing a tenant's e-mail";
        let reason: &'static str = pause.reason.into();
        let set = self
            .table
            .update(self.keys.mail_state())
            .update_expression("SET kind = :kind, paused_at_ms = :at, paused_because = :reason")
            .condition_expression("attribute_not_exists(paused_at_ms)")
            .expression_attribute_values(":kind", s(MailStateItem::KIND))
            .expression_attribute_values(":at", n(pause.since.timestamp_millis()))
            .expression_attribute_values(":reason", s(reason))
            .element(doing)?;
        Ok(self.commit(vec![set], Change::of("mail"), doing).await?.is_committed())
    }

    pub(crate) async fn resume_mail(&self) -> Result<bool, StoreError> {
        let doing = "resuming a tenant's e-mail";
        let remove = self
            .table
            .update(self.keys.mail_state())
            .update_expression(
                "REMOVE paused_at_ms, paused_because, delivered, bounced, complained, delivered_before, \
                 bounced_before, complained_before",
            )
            .condition_expression("attribute_exists(paused_at_ms)")
            .element(doing)?;
        Ok(self.commit(vec![remove], Change::of("mail"), doing).await?.is_committed())
    }

    fn mail_state_update(&self) -> UpdateItemFluentBuilder {
        self.table.update_item(self.keys.mail_state())
    }
}

/// Sends an update and returns the returned attributes. Returns `None` if the condition fails.
async fn update(update: UpdateItemFluentBuilder, doing: &'static str) -> Result<Option<Option<Item>>, StoreError> {
    match update.send().await.map_err(|error| error.into_service_error()) {
        Ok(updated) => Ok(Some(updated.attributes)),
        Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
        Err(error) => Err(failed(doing)(error.into())),
    }
}
