//! Rolls back redemptions.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::RollbackOutcome;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::{Redemption, Rollback};

use super::redemptions::RedemptionItem;
use couponflow_domain::tenants::audit::Change;

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{n, s, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

impl TenantStore {
    pub(crate) async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &CorrelationId,
    ) -> Result<RollbackOutcome, StoreError> {
        let doing = "rolling back a redemption";
        let active = self.keys.redemption(redemption.id.key());
        let Some(mut item) = self.table.get::<RedemptionItem>(active.clone(), doing).await? else {
            return Ok(RollbackOutcome::Changed);
        };
        let take_away = self.table.delete(active).expression_attribute_values(":id", s(redemption.id.as_str()));
        // The rollback copies the sequence number to the new item. The condition therefore requires
        // that the number is unchanged.
        let take_away = match item.redemption_number {
            Some(number) => take_away
                .condition_expression("redemption_id = :id AND redemption_number = :number")
                .expression_attribute_values(":number", n(number)),
            None => take_away.condition_expression("redemption_id = :id AND attribute_not_exists(redemption_number)"),
        };
        item.redemption.rollback = Some(rollback.into());
        item.correlation_id = Some(correlation_id.clone());
        let keep = self.table.put_new(to_item(self.keys.rolled_back(&redemption.id), &item, doing)?);
        let mut elements = vec![
            take_away.element(doing)?,
            keep.element(doing)?,
            self.count_rollback(redemption, rollback, coupon).element(doing)?,
        ];
        for identity in item.counted_for.iter().filter(|_| rollback.released) {
            let count = self.table.update(self.keys.customer(&coupon.id, identity));
            let count = count
                .update_expression("ADD redeemed :minus_one")
                .condition_expression("redeemed > :zero")
                .expression_attribute_values(":minus_one", n(-1))
                .expression_attribute_values(":zero", n(0));
            elements.push(count.element(doing)?);
        }
        if redemption.is_unique_code && rollback.released {
            elements.push(self.restore_code(redemption).element(doing)?);
        }
        match self.commit(elements, Change::of(&redemption.id), doing).await? {
            Transacted::Committed => Ok(RollbackOutcome::RolledBack),
            Transacted::Cancelled(_) => Ok(RollbackOutcome::Changed),
        }
    }

    /// Builds the counter update for a rollback. If the rollback makes a used-up coupon redeemable
    /// again, a new limit epoch begins. Conditions: the version of the coupon is unchanged since it
    /// was read, and the coupon is still used up, or still not used up.
    fn count_rollback(&self, redemption: &Redemption, rollback: Rollback, coupon: &Coupon) -> UpdateBuilder {
        let mut set = "SET rollback_seq = rollback_seq + :one, last_rollback = :redemption".to_owned();
        let mut condition = "version = :version".to_owned();
        if rollback.released {
            set.push_str(", times_redeemed = times_redeemed - :one");
        }
        if rollback.released && coupon.terms.max_redemptions.is_some() {
            set.push_str(", remaining = remaining + :one");
            condition.push_str(match coupon.is_limit_reached() {
                true => " AND times_redeemed >= max_redemptions",
                false => " AND times_redeemed < max_redemptions",
            });
            if coupon.is_limit_reached() {
                set.push_str(", limit_epoch = limit_epoch + :one");
            }
        }
        self.table
            .update(self.keys.counter(&coupon.id))
            .update_expression(set)
            .condition_expression(condition)
            .expression_attribute_values(":version", n(coupon.version))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
    }

    /// Returns a redemption that was rolled back, and the correlation id of the rollback request.
    pub(crate) async fn read_rolled_back(
        &self,
        id: &RedemptionId,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        let doing = "reading a redemption that was rolled back";
        let item: Option<RedemptionItem> = self.table.get(self.keys.rolled_back(id), doing).await?;
        let missing = StoreError::damaged(doing, format!("redemption {id} does not exist or was not rolled back"));
        let item = item.ok_or(missing)?;
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }
}
