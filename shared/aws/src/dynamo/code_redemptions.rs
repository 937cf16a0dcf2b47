//! Redeems unique codes. A redemption that no other limit applies to is written into the code's own item, and the relay
//! counts it later.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{CommitConflict, CommitOutcome, NumberedRedemption, PendingRedemption, Redemptions as _};
use couponflow_domain::code::CouponCode;
use couponflow_domain::ids::{CouponId, RedemptionId};
use couponflow_domain::purchase::{Application, Hold, Redemption, purchase_key};

use super::counter::CounterItem;
use super::item::{IntoElement as _, Item, from_item, n, s, to_item};
use super::redemptions::RedemptionItem;
use super::transact::Transacted;
use super::unique_codes::UniqueCodeItem;
use super::{TenantStore, failed, listing};
use crate::retry::Backoff;

/// Condition: the code is neither redeemed nor held for another order.
const FREE: &str = "coupon_id = :coupon AND attribute_not_exists(redemption_id) \
                    AND (attribute_not_exists(hold_until_ms) OR hold_until_ms <= :now OR held_for = :application)";

/// Redemptions that one transaction counts: two elements each, plus one for the counter, of at most 100.
const CHUNK: usize = 40;

/// How long counting is retried while other instances change the counter.
const BUDGET: Duration = Duration::from_secs(6);

/// Attempts to count a redemption whose key is occupied by another item, which may belong to a rollback in progress.
const MAX_OCCUPIED_ATTEMPTS: u32 = 3;

impl TenantStore {
    /// Redeems a code with one conditional write to its own item. It costs one write unit, is exact under concurrency
    /// and can be repeated. The relay counts the redemption later.
    pub(super) async fn redeem_code(
        &self,
        pending: &PendingRedemption,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Result<CommitOutcome, StoreError> {
        let doing = "redeeming a unique code";
        let redemption = &pending.redemption;
        let embedded = serde_dynamo::to_attribute_value(redemption).map_err(|error| failed(doing)(Box::new(error)))?;
        let redeem = "SET redemption_id = :redemption, redeemed_at_ms = :now, order_id = :order, kind = :kind, \
                      redemption = :embedded, tenant_id = :tenant, correlation_id = :correlation";
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.code(&redemption.code).attributes()))
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
            .expression_attribute_values(":correlation", s(correlation_id))
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

    /// Builds the transactional update that redeems a code together with the other limits of its coupon.
    pub(super) fn consume_code(&self, redemption: &Redemption, now: DateTime<Utc>) -> UpdateBuilder {
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

    /// Converts a code's stored item into the conflict that prevented redeeming it.
    pub(super) async fn code_conflict(
        &self,
        item: Option<Item>,
        redemption: &Redemption,
        doing: &'static str,
    ) -> Result<CommitConflict, StoreError> {
        let missing = || StoreError::Damaged { doing, detail: format!("code {} does not exist", redemption.code) };
        let item: UniqueCodeItem = from_item(item.ok_or_else(missing)?, doing)?;
        if item.order_id.as_ref() == Some(&redemption.order.id)
            && let Some(existing) = self.redemption_of_code(&redemption.code).await?
        {
            return Ok(CommitConflict::Existing(Box::new(existing)));
        }
        Ok(CommitConflict::Code(Box::new(item.into())))
    }

    /// Builds the update that holds a code for an application, in the transaction that reserves a redemption for it.
    pub(super) fn hold_code(&self, application: &Application, hold: Hold, now: DateTime<Utc>) -> UpdateBuilder {
        self.table
            .update(self.keys.code(&application.code))
            .update_expression("SET held_for = :application, hold_until_ms = :until")
            .condition_expression(FREE)
            .expression_attribute_values(":coupon", s(application.coupon_id.as_str()))
            .expression_attribute_values(":application", s(application.id.key()))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()))
    }

    /// Releases a code from the hold of an application, if that application still holds it. Otherwise the hold would
    /// end only when it expires.
    pub(super) async fn release_code(&self, application: &Application) -> Result<(), StoreError> {
        let doing = "freeing a unique code";
        let free = self
            .table
            .update(self.keys.code(&application.code))
            .update_expression("REMOVE held_for, hold_until_ms")
            .condition_expression("held_for = :application")
            .expression_attribute_values(":application", s(application.id.key()));
        self.table.transact(vec![free.element(doing)?], doing).await.map(|_| ())
    }

    /// Builds the update that makes a code redeemable again after its redemption was rolled back.
    pub(super) fn restore_code(&self, redemption: &Redemption) -> UpdateBuilder {
        self.table
            .update(self.keys.code(&redemption.code))
            .update_expression("REMOVE redemption_id, redeemed_at_ms, order_id")
            .condition_expression("redemption_id = :redemption")
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
    }

    /// Reads the redemption that a code's item carries until the relay has counted it.
    pub(super) async fn uncounted(
        &self,
        code_key: &str,
        doing: &'static str,
    ) -> Result<Option<Redemption>, StoreError> {
        let item = self.table.raw(self.keys.code_item(code_key), doing).await?;
        let unique = item.filter(|item| item.contains_key("redemption"));
        let item: Option<UniqueCodeItem> = unique.map(|item| from_item(item, doing)).transpose()?;
        Ok(item.and_then(|item| item.redemption))
    }

    /// Reads the active redemption of a code, before or after the relay has counted it.
    pub(super) async fn active_redemption(&self, code: &CouponCode) -> Result<Option<Redemption>, StoreError> {
        let doing = "reading the redemption of a unique code";
        // Read the code first: the relay moves the redemption from the code to an item of its own.
        if let Some(uncounted) = self.uncounted(&code.key(), doing).await? {
            return Ok(Some(uncounted));
        }
        let item: Option<RedemptionItem> = self.table.get(self.keys.redemption(&code.key()), doing).await?;
        Ok(item.map(Redemption::from))
    }

    /// Counts redemptions that were committed in the items of their codes: each once, in the order of their ids.
    ///
    /// A cancelled transaction is retried with what the cancellation reveals: the counter changed, or some redemptions
    /// are already counted. If another item occupies a redemption's key, the cancellation reveals nothing, so this case
    /// is retried only a few times.
    pub(super) async fn count_codes(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<String>)],
    ) -> Result<Vec<NumberedRedemption>, StoreError> {
        let doing = "numbering redemptions of unique codes";
        let mut numbered = Vec::with_capacity(redemptions.len());
        let mut left = redemptions.to_vec();
        left.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        left.dedup_by(|(a, _), (b, _)| a.id == b.id);
        let (mut backoff, mut occupied) = (Backoff::new(BUDGET), 0);
        while !left.is_empty() {
            let gone = || StoreError::Damaged { doing, detail: format!("coupon {coupon_id} does not exist") };
            let counter: CounterItem = self.table.get(self.keys.counter(coupon_id), doing).await?.ok_or_else(gone)?;
            let chunk = &left[..fitting_in_one_transaction(&left)];
            let counted_now = chunk.len();
            let (outcome, counted) = self.count_chunk(&counter, chunk, doing).await?;
            let cancellation = match outcome {
                Transacted::Committed => {
                    numbered.extend(counted);
                    left.drain(..counted_now);
                    continue;
                }
                Transacted::Cancelled(cancellation) => cancellation,
            };
            let failed_at = |place: fn(usize) -> usize| -> Vec<RedemptionId> {
                let failed = (0..chunk.len()).filter(|i| cancellation.failed_at(place(*i)));
                failed.map(|i| chunk[i].0.id.clone()).collect()
            };
            let (before, blocked) = (failed_at(code_index), failed_at(redemption_index));
            for id in &before {
                numbered.push(self.already_counted(&counter, id, doing).await?);
            }
            left.retain(|(redemption, _)| !before.contains(&redemption.id));
            if !before.is_empty() {
                continue;
            }
            if let Some(id) = blocked.first() {
                occupied += 1;
                if occupied == MAX_OCCUPIED_ATTEMPTS {
                    let detail = format!("the key of redemption {id} is occupied by another item");
                    return Err(StoreError::Damaged { doing, detail });
                }
            }
            if !backoff.wait().await {
                return Err(StoreError::Busy { doing });
            }
        }
        Ok(numbered)
    }

    /// Counts redemptions in one transaction: increments the counter, and moves each redemption to an item of its own.
    async fn count_chunk(
        &self,
        counter: &CounterItem,
        chunk: &[(Redemption, Option<String>)],
        doing: &'static str,
    ) -> Result<(Transacted, Vec<NumberedRedemption>), StoreError> {
        let count = "SET redemption_seq = redemption_seq + :count, times_redeemed = times_redeemed + :count, \
                     code_seq = code_seq + :count";
        let count = self
            .table
            .update(self.keys.counter(&counter.id))
            .update_expression(count)
            .condition_expression("redemption_seq = :seen")
            .expression_attribute_values(":count", n(chunk.len()))
            .expression_attribute_values(":seen", n(counter.redemption_seq));
        let mut elements = vec![count.element(doing)?];
        let mut counted = Vec::with_capacity(chunk.len());
        for (place, (redemption, correlation_id)) in (1..).zip(chunk) {
            let number = counter.redemption_seq + place;
            let take_over = self
                .table
                .update(self.keys.code(&redemption.code))
                .update_expression("SET kind = :kind REMOVE redemption, tenant_id, correlation_id")
                .condition_expression("redemption_id = :redemption AND attribute_exists(redemption)")
                .expression_attribute_values(":kind", s("CODE"))
                .expression_attribute_values(":redemption", s(redemption.id.as_str()));
            let item = RedemptionItem {
                tenant_id: self.keys.tenant.clone(),
                redemption_id: redemption.id.clone(),
                redemption: redemption.clone(),
                correlation_id: correlation_id.clone(),
                redemption_number: Some(number),
                counted_for: Vec::new(),
                gsi1pk: Some(self.keys.list(listing::LIST)),
                gsi1sk: listing::of(redemption),
            };
            elements.push(take_over.element(doing)?);
            let put = self.table.put_new(to_item(self.keys.redemption(redemption.id.key()), &item, doing)?);
            elements.push(put.element(doing)?);
            let times_redeemed = counter.times_redeemed + place;
            counted.push(NumberedRedemption {
                coupon: couponflow_domain::event::CouponSnapshot { times_redeemed, ..counter.snapshot() },
                redemption: item.into(),
                number,
                has_abandonment_window: counter.notes_customers,
            });
        }
        Ok((self.table.transact(elements, doing).await?, counted))
    }

    /// Reads a redemption that was already counted when its stream record was delivered before.
    async fn already_counted(
        &self,
        counter: &CounterItem,
        id: &RedemptionId,
        doing: &'static str,
    ) -> Result<NumberedRedemption, StoreError> {
        let missing =
            || StoreError::Damaged { doing, detail: format!("redemption {id} does not exist or has no number") };
        let redemption = self.redemption(id).await?.ok_or_else(missing)?;
        let number = redemption.redemption_number.ok_or_else(missing)?;
        let (coupon, has_abandonment_window) = (counter.snapshot(), counter.notes_customers);
        Ok(NumberedRedemption { coupon, redemption, number, has_abandonment_window })
    }
}

/// Index of the code's update for the i-th redemption in the transaction. The counter has index 0.
fn code_index(i: usize) -> usize {
    1 + 2 * i
}

/// Index of the put of the i-th redemption in the transaction.
fn redemption_index(i: usize) -> usize {
    2 + 2 * i
}

/// Number of leading redemptions that fit into one transaction. A transaction can write each code only once, and a code
/// that was rolled back and redeemed again may occur twice.
fn fitting_in_one_transaction(redemptions: &[(Redemption, Option<String>)]) -> usize {
    let mut codes = HashSet::new();
    redemptions.iter().take(CHUNK).take_while(|(redemption, _)| codes.insert(&redemption.code)).count()
}
