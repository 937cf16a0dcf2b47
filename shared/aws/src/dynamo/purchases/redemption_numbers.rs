//! Stores the sequence numbers of redemptions.

use aws_sdk_dynamodb::types::ReturnValue;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::Redemption;

use super::listing;
use super::redemptions::RedemptionItem;
use crate::dynamo::engine::item::{from_item, n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

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
        let numbered = match self.number_at(self.keys.redemption(id.key()), id, number, doing).await? {
            Some(item) => Some(item),
            None => self.number_at(self.keys.rolled_back(id), id, number, doing).await?,
        };
        let Some(item) = numbered else {
            return Err(StoreError::damaged(doing, format!("redemption {id} does not exist")));
        };
        if item.redemption_number != Some(number.get()) {
            let detail = format!("redemption {id} has the number {:?}; expected {number}", item.redemption_number);
            return Err(StoreError::damaged(doing, detail));
        }
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }

    /// Numbers the redemption if its item has this key. Keeps a number that is already set.
    async fn number_at(
        &self,
        key: Key,
        id: &RedemptionId,
        number: RedemptionNumber,
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
        let update = update
            .update_expression(expression)
            .condition_expression("redemption_id = :id")
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
