//! Counts redemptions of unique codes, and assigns a sequence number to each redemption. Before it
//! is counted, a redemption is stored only in the item of its code.

use std::collections::HashSet;

use couponflow_app::events::ports::NumberedRedemption;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::Redemption;

use super::coupon_items::CounterItem;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{n, s, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::dynamo::purchases::listing;
use crate::dynamo::purchases::redemptions::RedemptionItem;
use crate::retry::Backoff;

/// Maximum number of redemptions that one transaction counts. Each redemption needs two elements, and the counter needs
/// one. DynamoDB permits 100 elements.
const CHUNK: usize = 40;

/// Maximum number of attempts to count a redemption while another item has its key. The other item can belong to a
/// rollback in progress.
const MAX_OCCUPIED_ATTEMPTS: u32 = 3;

impl TenantStore {
    /// Counts redemptions that were committed in the items of their codes, in the order of the redemption ids. Counts
    /// each redemption once.
    ///
    /// If the transaction is cancelled, the cancellation reasons show the cause. Redemptions that
    /// are already counted are read instead. If the counter has changed, the transaction is retried
    /// with the new counter. If another item has the key of a redemption, the transaction is
    /// retried only a few times, because the other item may never be removed.
    pub(crate) async fn count_codes(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<CorrelationId>)],
    ) -> Result<Vec<NumberedRedemption>, StoreError> {
        let doing = "numbering redemptions of unique codes";
        let mut numbered = Vec::with_capacity(redemptions.len());
        let mut left = redemptions.to_vec();
        left.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        left.dedup_by(|(a, _), (b, _)| a.id == b.id);
        let (mut backoff, mut occupied) = (Backoff::new(self.table.retry_budget), 0);
        while !left.is_empty() {
            let gone = || StoreError::damaged(doing, format!("coupon {coupon_id} does not exist"));
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
                    return Err(StoreError::damaged(doing, detail));
                }
            }
            if !backoff.wait().await {
                return Err(StoreError::Busy { doing });
            }
        }
        Ok(numbered)
    }

    /// Counts redemptions in one transaction: increments the counter, and moves each redemption to a separate item.
    async fn count_chunk(
        &self,
        counter: &CounterItem,
        chunk: &[(Redemption, Option<CorrelationId>)],
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
        let retention = self.profile().await?.retention();
        let mut elements = vec![count.element(doing)?];
        let mut counted = Vec::with_capacity(chunk.len());
        for (place, (redemption, correlation_id)) in (1..).zip(chunk) {
            let number = RedemptionNumber::new(counter.redemption_seq + place);
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
                redemption: redemption.clone().into(),
                correlation_id: correlation_id.clone(),
                redemption_number: Some(number.get()),
                numbered_anew: None,
                counted_for: Vec::new(),
                gsi1pk: Some(self.keys.list(listing::LIST)),
                gsi1sk: listing::of(redemption),
                ttl: retention.redemption_kept_until(redemption.created_at).map(|until| until.timestamp()),
            };
            elements.push(take_over.element(doing)?);
            let put = self.table.put_new(to_item(self.keys.redemption(redemption.id.key()), &item, doing)?);
            elements.push(put.element(doing)?);
            let times_redeemed = counter.times_redeemed + place;
            counted.push(NumberedRedemption {
                coupon: CouponSnapshot { times_redeemed, ..counter.snapshot() },
                redemption: item.into(),
                number,
                has_abandonment_window: counter.notes_customers,
            });
        }
        Ok((self.table.transact(elements, doing).await?, counted))
    }

    /// Reads a redemption that an earlier delivery of the same stream record has already counted.
    async fn already_counted(
        &self,
        counter: &CounterItem,
        id: &RedemptionId,
        doing: &'static str,
    ) -> Result<NumberedRedemption, StoreError> {
        let missing = || StoreError::damaged(doing, format!("redemption {id} does not exist or has no number"));
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
fn fitting_in_one_transaction(redemptions: &[(Redemption, Option<CorrelationId>)]) -> usize {
    let mut codes = HashSet::new();
    redemptions.iter().take(CHUNK).take_while(|(redemption, _)| codes.insert(&redemption.code)).count()
}
