//! Redeems unique codes. If the coupon has no other limit, the redemption is written into the item of the code, and the
//! relay counts the redemption later.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::{CommitConflict, CommitOutcome, PendingRedemption};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::{Application, Hold, Redemption, purchase_key};

use super::redemptions::RedemptionItem;
use super::stored_redemption::StoredRedemption;
use crate::dynamo::coupons::unique_codes::UniqueCodeItem;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Item, from_item, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Condition: the code is neither redeemed nor held for another order.
const FREE: &str = "coupon_id = :coupon AND attribute_not_exists(redemption_id) \
                    AND (attribute_not_exists(hold_until_ms) OR hold_until_ms <= :now OR held_for = :application)";

impl TenantStore {
    /// Redeems a code with one conditional write to the code's item, which costs one write unit.
    /// Concurrent requests cannot redeem the code twice, and a repeated request changes nothing.
    /// The relay counts the redemption later.
    pub(crate) async fn redeem_code(
        &self,
        pending: &PendingRedemption,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Result<CommitOutcome, StoreError> {
        let doing = "redeeming a unique code";
        let redemption = &pending.redemption;
        let embedded = serde_dynamo::to_attribute_value(StoredRedemption::from(redemption.clone()))
            .map_err(|error| failed(doing)(Box::new(error)))?;
        let redeem = "SET redemption_id = :redemption, redeemed_at_ms = :now, order_id = :order, kind = :kind, \
                      redemption = :embedded, tenant_id = :tenant, correlation_id = :correlation";
        let update = self
            .table
            .update_item(self.keys.code(&redemption.code))
            .update_expression(redeem)
            .condition_expression(FREE)
            .expression_attribute_values(":coupon", s(pending.coupon.id.as_str()))
            .expression_attribute_values(":application", s(purchase_key(&pending.coupon.id, &redemption.order.id)))
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":order", s(&redemption.order.id))
            .expression_attribute_values(":kind", s("CODE_REDEEMED"))
            .expression_attribute_values(":embedded", embedded)
            .expression_attribute_values(":tenant", s(self.keys.tenant.as_str()))
            .expression_attribute_values(":correlation", s(correlation_id.as_str()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(CommitOutcome::Committed),
            Err(error) => match error.into_service_error() {
                UpdateItemError::ConditionalCheckFailedException(refused) => {
                    let conflict = self.code_conflict(refused.item, redemption, doing).await?;
                    Ok(CommitOutcome::Conflict(0, conflict))
                }
                other => Err(failed(doing)(other.into())),
            },
        }
    }

    /// Builds the update of the code's item in a transaction that also enforces the other limits of the coupon.
    pub(crate) fn consume_code(&self, redemption: &Redemption, now: DateTime<Utc>) -> UpdateBuilder {
        self.table
            .update(self.keys.code(&redemption.code))
            .update_expression("SET redemption_id = :redemption, redeemed_at_ms = :now, order_id = :order")
            .condition_expression(FREE)
            .expression_attribute_values(":coupon", s(redemption.coupon_id.as_str()))
            .expression_attribute_values(":application", s(purchase_key(&redemption.coupon_id, &redemption.order.id)))
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":order", s(&redemption.order.id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Converts the stored item of a code into the conflict that prevented the redemption of the code.
    pub(crate) async fn code_conflict(
        &self,
        item: Option<Item>,
        redemption: &Redemption,
        doing: &'static str,
    ) -> Result<CommitConflict, StoreError> {
        let missing = || StoreError::damaged(doing, format!("the code of redemption {} does not exist", redemption.id));
        let item: UniqueCodeItem = from_item(item.ok_or_else(missing)?, doing)?;
        if item.order_id.as_ref() == Some(&redemption.order.id)
            && let Some(existing) = self.active_redemption(&redemption.code).await?
        {
            return Ok(CommitConflict::Existing(Box::new(existing)));
        }
        Ok(CommitConflict::Code(Box::new(item.into())))
    }

    /// Builds the update of the code's item in the transaction that reserves a redemption for an application.
    pub(crate) fn hold_code(&self, application: &Application, hold: Hold, now: DateTime<Utc>) -> UpdateBuilder {
        self.table
            .update(self.keys.code(&application.code))
            .update_expression("SET held_for = :application, hold_until_ms = :until")
            .condition_expression(FREE)
            .expression_attribute_values(":coupon", s(application.coupon_id.as_str()))
            .expression_attribute_values(":application", s(purchase_key(&application.coupon_id, &application.order.id)))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()))
    }

    /// Releases a code from the hold of an application, if the application still holds the code. Without this call, the
    /// hold would end only when it expires. Idempotent: a repeated call does not release a later hold of the
    /// application.
    pub(crate) async fn release_code(&self, application: &Application) -> Result<(), StoreError> {
        let doing = "freeing a unique code";
        let Some(hold) = application.hold else { return Ok(()) };
        let free = self
            .table
            .update(self.keys.code(&application.code))
            .update_expression("REMOVE held_for, hold_until_ms")
            .condition_expression("held_for = :application AND hold_until_ms = :until")
            .expression_attribute_values(":application", s(purchase_key(&application.coupon_id, &application.order.id)))
            .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()));
        self.table.transact(vec![free.element(doing)?], doing).await.map(|_| ())
    }

    /// Builds the update that makes a code redeemable again after its redemption was rolled back.
    pub(crate) fn restore_code(&self, redemption: &Redemption) -> UpdateBuilder {
        self.table
            .update(self.keys.code(&redemption.code))
            .update_expression("REMOVE redemption_id, redeemed_at_ms, order_id")
            .condition_expression("redemption_id = :redemption")
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
    }

    /// Reads the redemption in the item of a code. `None` after the relay has counted the redemption.
    pub(crate) async fn uncounted(
        &self,
        code_key: &str,
        doing: &'static str,
    ) -> Result<Option<Redemption>, StoreError> {
        let item = self.table.raw(self.keys.code_item(code_key), doing).await?;
        let unique = item.filter(|item| item.contains_key("redemption"));
        let item: Option<UniqueCodeItem> = unique.map(|item| from_item(item, doing)).transpose()?;
        Ok(item.and_then(|item| item.redemption).map(Redemption::from))
    }

    /// Reads the active redemption of a code, before or after the relay has counted it.
    pub(crate) async fn active_redemption(&self, code: &CouponCode) -> Result<Option<Redemption>, StoreError> {
        let doing = "reading the redemption of a unique code";
        // Read the code first: the relay moves the redemption from the item of the code to a separate item.
        if let Some(uncounted) = self.uncounted(&code.key(), doing).await? {
            return Ok(Some(uncounted));
        }
        let item: Option<RedemptionItem> = self.table.get(self.keys.redemption(&code.key()), doing).await?;
        Ok(item.map(Redemption::from))
    }
}
