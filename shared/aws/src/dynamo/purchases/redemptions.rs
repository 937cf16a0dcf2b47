//! Commits and reads redemptions.

use std::ops::Range;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::{CommitConflict, CommitOutcome, PendingRedemption};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Application, Hold, Redemption, purchase_key};
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::deduct::Source;
use super::listing;
use super::stored_redemption::StoredRedemption;
use crate::dynamo::coupons::coupon_items::CounterItem;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, s, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::{Cancellation, Transacted};

/// Item of a redemption.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RedemptionItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) redemption_id: RedemptionId,
    pub(crate) redemption: StoredRedemption,
    pub(crate) correlation_id: Option<CorrelationId>,
    /// Sequence number. The relay sets it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redemption_number: Option<i64>,
    /// Set if the sweep assigned the number, because the stream record with the original number was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) numbered_anew: Option<bool>,
    /// Identity keys of the customer. The redemption counts towards the limit per customer under each of these keys.
    #[serde(default)]
    pub(crate) counted_for: Vec<String>,
    /// Set by the relay together with the number. The index lists an item only if it has both `gsi1pk` and `gsi1sk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gsi1pk: Option<String>,
    /// Values of the list filters; see [`listing`].
    pub(crate) gsi1sk: String,
    /// When DynamoDB may delete the item, in seconds since 1970. Set by the relay together with the number if the tenant
    /// has a retention of redemptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<i64>,
}

impl Stored for RedemptionItem {
    const KIND: &'static str = "REDEMPTION";
}

impl From<RedemptionItem> for Redemption {
    fn from(item: RedemptionItem) -> Self {
        Self { redemption_number: item.redemption_number.map(RedemptionNumber::new), ..item.redemption.into() }
    }
}

/// Indexes of one redemption's elements in the transaction.
struct ElementIndexes {
    redemption: usize,
    counter: usize,
    customers: Range<usize>,
    hold: Option<usize>,
    code: Option<usize>,
}

impl TenantStore {
    pub(crate) async fn commit_redemptions(
        &self,
        pending_redemptions: &[PendingRedemption],
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Result<CommitOutcome, StoreError> {
        let doing = "committing a redemption";
        if let [pending] = pending_redemptions
            && pending.redemption.is_unique_code
            && pending.coupon.is_unlimited_unique()
            && pending.held.is_none()
        {
            return self.redeem_code(pending, now, correlation_id).await;
        }
        let mut elements = Vec::new();
        let mut indexes = Vec::with_capacity(pending_redemptions.len());
        for pending in pending_redemptions {
            indexes.push(self.push_elements(pending, now, correlation_id, &mut elements, doing)?);
        }
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(CommitOutcome::Committed),
            Transacted::Cancelled(cancellation) => self.conflict_of(cancellation, pending_redemptions, &indexes).await,
        }
    }

    pub(crate) async fn redemption_for_order(
        &self,
        coupon: &CouponId,
        order_id: &str,
    ) -> Result<Option<Redemption>, StoreError> {
        let key = self.keys.redemption(&purchase_key(coupon, order_id));
        let item: Option<RedemptionItem> = self.table.get(key, "reading a redemption").await?;
        Ok(item.map(Redemption::from))
    }

    pub(crate) async fn redemption(&self, id: &RedemptionId) -> Result<Option<Redemption>, StoreError> {
        let doing = "reading a redemption";
        if let Some(counted) = self.counted(id, doing).await? {
            return Ok(Some(counted));
        }
        let uncounted = self.uncounted(id.key(), doing).await?.filter(|redemption| redemption.id == *id);
        match uncounted {
            Some(uncounted) => Ok(Some(uncounted)),
            // The relay may have moved the redemption from the code's item to a separate item after the first read.
            None => self.counted(id, doing).await,
        }
    }

    /// Reads the redemption with this id from its own item. Also returns a redemption that was rolled back.
    async fn counted(&self, id: &RedemptionId, doing: &'static str) -> Result<Option<Redemption>, StoreError> {
        for item in self.table.partition(self.keys.redemptions(id.key()), doing).await? {
            let item: RedemptionItem = from_item(item, doing)?;
            if item.redemption_id == *id {
                return Ok(Some(item.into()));
            }
        }
        Ok(None)
    }

    /// Adds the elements that commit one redemption and returns their indexes.
    fn push_elements(
        &self,
        pending: &PendingRedemption,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
        elements: &mut Vec<TransactWriteItem>,
        doing: &'static str,
    ) -> Result<ElementIndexes, StoreError> {
        let PendingRedemption { redemption, coupon, held } = pending;
        let limit = coupon.terms.max_redemptions_per_customer;
        let customer = redemption.customer.as_ref().filter(|_| limit.is_some());
        let item = RedemptionItem {
            tenant_id: self.keys.tenant.clone(),
            redemption_id: redemption.id.clone(),
            redemption: redemption.clone().into(),
            correlation_id: Some(correlation_id.clone()),
            redemption_number: None,
            numbered_anew: None,
            counted_for: customer.map(Customer::identity_keys).unwrap_or_default(),
            gsi1pk: None,
            gsi1sk: listing::of(redemption),
            ttl: None,
        };
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let mut push = |element: TransactWriteItem| {
            elements.push(element);
            elements.len() - 1
        };
        let put = self.table.put_new(to_item(self.keys.redemption(redemption.id.key()), &item, doing)?);
        let redemption_place = push(put.return_values_on_condition_check_failure(all_old.clone()).element(doing)?);
        let source = if held.is_some() { Source::Held } else { Source::Remaining };
        let count = self.count(redemption, coupon, source, now, correlation_id);
        let counter = push(count.return_values_on_condition_check_failure(all_old).element(doing)?);
        for identity in &item.counted_for {
            push(self.count_customer(&coupon.id, identity, limit.unwrap_or(i64::MAX)).element(doing)?);
        }
        let customers = counter + 1..counter + 1 + item.counted_for.len();
        let hold = held.as_ref().and_then(|application| Some((application, application.hold?)));
        let hold = hold
            .map(|(application, hold)| self.consume_hold(application, hold).element(doing))
            .transpose()?
            .map(&mut push);
        let code =
            redemption.is_unique_code.then(|| self.consume_code(redemption, now).element(doing)).transpose()?.map(push);
        Ok(ElementIndexes { redemption: redemption_place, counter, customers, hold, code })
    }

    /// Builds the counter update that counts one redemption and deducts it from `source`.
    fn count(
        &self,
        redemption: &Redemption,
        coupon: &Coupon,
        source: Source,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> UpdateBuilder {
        let count = "times_redeemed = times_redeemed + :one, redemption_seq = redemption_seq + :one, \
                     last_redemption = :redemption, last_redeemed_at_ms = :now, last_correlation_id = :correlation";
        self.deduct(coupon, source, count, now)
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":correlation", s(correlation_id.as_str()))
    }

    /// Builds the update that uses up the hold of an application. Condition: the hold is unchanged since it was read.
    fn consume_hold(&self, application: &Application, hold: Hold) -> UpdateBuilder {
        self.table
            .update(self.keys.application(application.id.key()))
            .update_expression("REMOVE hold_until_ms")
            .condition_expression("hold_until_ms = :until")
            .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()))
    }

    /// Returns the current coupon. `counter` is the counter item that a failed condition returned.
    /// Combines the item with the known terms if its version is that of `coupon`. Otherwise reads
    /// the coupon.
    pub(crate) async fn current_coupon(
        &self,
        coupon: &Coupon,
        counter: Option<Item>,
        doing: &'static str,
    ) -> Result<Box<Coupon>, StoreError> {
        let counter = counter.map(|item| from_item::<CounterItem>(item, doing)).transpose()?;
        if let Some(counter) = counter.filter(|counter| counter.version == coupon.version.get()) {
            return Ok(Box::new(counter.coupon(coupon.terms.clone(), coupon.times_applied)));
        }
        let gone = StoreError::damaged(doing, format!("coupon {} does not exist", coupon.id));
        self.coupon(&coupon.id).await?.map(Box::new).ok_or(gone)
    }

    fn count_customer(&self, coupon: &CouponId, identity: &str, max: i64) -> UpdateBuilder {
        self.table
            .update(self.keys.customer(coupon, identity))
            .update_expression("ADD redeemed :one")
            .condition_expression("attribute_not_exists(redeemed) OR redeemed < :max")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":max", n(max))
    }

    /// Returns the conflict of the first redemption that has a conflict. If the redemption has
    /// several conflicts, the order of precedence is: an existing redemption for the order, the
    /// hold, the code, the coupon, the customer's limit.
    async fn conflict_of(
        &self,
        mut cancellation: Cancellation,
        pending_redemptions: &[PendingRedemption],
        indexes: &[ElementIndexes],
    ) -> Result<CommitOutcome, StoreError> {
        let doing = "reading why a redemption was not committed";
        for (i, (pending, indexes)) in std::iter::zip(pending_redemptions, indexes).enumerate() {
            let PendingRedemption { redemption, coupon, .. } = pending;
            if let Some(item) = cancellation.item_at(indexes.redemption) {
                let existing: RedemptionItem = from_item(item, doing)?;
                let same =
                    existing.redemption.coupon_id == coupon.id && existing.redemption.order.id() == redemption.order.id;
                return match same {
                    true => Ok(CommitOutcome::Conflict(i, CommitConflict::Existing(Box::new(existing.into())))),
                    false => Err(StoreError::damaged(doing, "two different orders have the same redemption key")),
                };
            }
            if indexes.hold.is_some_and(|place| cancellation.failed_at(place)) {
                return Ok(CommitOutcome::Conflict(i, CommitConflict::HoldGone));
            }
            if let Some(place) = indexes.code.filter(|place| cancellation.failed_at(*place)) {
                let conflict = self.code_conflict(cancellation.item_at(place), redemption, doing).await?;
                return Ok(CommitOutcome::Conflict(i, conflict));
            }
            if cancellation.failed_at(indexes.counter) {
                let counter = cancellation.item_at(indexes.counter);
                let current = self.current_coupon(coupon, counter, doing).await?;
                return Ok(CommitOutcome::Conflict(i, CommitConflict::Coupon(current)));
            }
            if indexes.customers.clone().any(|place| cancellation.failed_at(place)) {
                return Ok(CommitOutcome::Conflict(i, CommitConflict::CustomerLimit));
            }
        }
        Err(StoreError::damaged(doing, "the transaction was cancelled without a failed condition"))
    }
}
