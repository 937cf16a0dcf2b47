//! Stores the sequence numbers of redemptions.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::Redemption;

use super::listing;
use super::redemptions::RedemptionItem;
use crate::dynamo::coupons::coupon_items::CounterItem;
use crate::dynamo::engine::item::{from_item, n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// How a redemption is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbering {
    /// Keeps a number that is already set.
    Once,
    /// Marks the number as assigned by the sweep. Fails if a number is already set.
    Anew,
}

impl TenantStore {
    /// Stores the sequence number of a redemption, unless the redemption already has a number.
    /// Returns the redemption and the correlation id of its request.
    pub(crate) async fn store_redemption_number(
        &self,
        id: &RedemptionId,
        number: RedemptionNumber,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        let doing = "numbering a redemption";
        // An active redemption has the first key. A rollback moves the redemption to the second
        // key, and nothing moves it back.
        let numbered = match self.number_at(self.keys.redemption(id.key()), id, number, Numbering::Once, doing).await? {
            Some(item) => Some(item),
            None => self.number_at(self.keys.rolled_back(id), id, number, Numbering::Once, doing).await?,
        };
        let Some(item) = numbered else {
            return Err(StoreError::damaged(doing, format!("redemption {id} does not exist")));
        };
        // The record arrived after the sweep had numbered the redemption.
        let is_numbered_anew = item.numbered_anew == Some(true);
        if item.redemption_number != Some(number.get()) && !is_numbered_anew {
            let detail = format!("redemption {id} has the number {:?}; expected {number}", item.redemption_number);
            return Err(StoreError::damaged(doing, detail));
        }
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }

    /// Gives a redemption the next sequence number of its coupon, unless the redemption already has a number. Returns the
    /// redemption and the correlation id of its request.
    ///
    /// The coupon counts the number among the numbers that the relay assigned (`code_seq`), so that the stream record of
    /// the counter does not look like another redemption. If the function dies before it stores the number, no redemption
    /// has the number.
    pub(crate) async fn next_redemption_number(
        &self,
        coupon_id: &CouponId,
        id: &RedemptionId,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        let doing = "numbering a redemption whose stream record was lost";
        let counted = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.counter(coupon_id).attributes()))
            .update_expression(
                "SET redemption_seq = redemption_seq + :one, code_seq = if_not_exists(code_seq, :zero) + :one",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":zero", n(0))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let counter: CounterItem = from_item(counted.attributes.unwrap_or_default(), doing)?;
        let number = RedemptionNumber::new(counter.redemption_seq);
        for key in [self.keys.redemption(id.key()), self.keys.rolled_back(id)] {
            if let Some(item) = self.number_at(key, id, number, Numbering::Anew, doing).await? {
                let correlation_id = item.correlation_id.clone();
                return Ok((item.into(), correlation_id));
            }
        }
        // The redemption has got a number meanwhile.
        for item in self.table.partition(self.keys.redemptions(id.key()), doing).await? {
            let item: RedemptionItem = from_item(item, doing)?;
            if item.redemption_id == *id && item.redemption_number.is_some() {
                let correlation_id = item.correlation_id.clone();
                return Ok((item.into(), correlation_id));
            }
        }
        Err(StoreError::damaged(doing, format!("redemption {id} does not exist")))
    }

    /// Numbers the redemption if its item has this key.
    async fn number_at(
        &self,
        key: Key,
        id: &RedemptionId,
        number: RedemptionNumber,
        numbering: Numbering,
        doing: &'static str,
    ) -> Result<Option<RedemptionItem>, StoreError> {
        let mut expression =
            "SET redemption_number = if_not_exists(redemption_number, :number), gsi1pk = :list".to_owned();
        let mut update = self.table.update_item(key);
        if let Some(kept_until) = self.profile().await?.retention().redemption_kept_until(id.instant()) {
            expression.push_str(", #ttl = :ttl");
            update = update.expression_attribute_names("#ttl", "ttl");
            update = update.expression_attribute_values(":ttl", n(kept_until.timestamp()));
        }
        let mut condition = "redemption_id = :id".to_owned();
        if numbering == Numbering::Anew {
            expression.push_str(", numbered_anew = :yes");
            condition.push_str(" AND attribute_not_exists(redemption_number)");
            update = update.expression_attribute_values(":yes", AttributeValue::Bool(true));
        }
        let update = update
            .update_expression(expression)
            .condition_expression(condition)
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":list", s(self.keys.list(listing::LIST)))
            .expression_attribute_values(":id", s(id.as_str()))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(updated) => from_item(updated.attributes.unwrap_or_default(), doing).map(Some),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}
