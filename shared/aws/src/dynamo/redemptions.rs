//! Redemptions: the write that counts.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{Commit, ReadCoupons as _, Redemptions};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::customer::Customer;
use couponflow_domain::ids::{CouponId, RedemptionId};
use couponflow_domain::purchase::{Application, Hold, Redemption, purchase_key};
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::TenantStore;
use super::counter::CounterItem;
use super::item::{IntoElement as _, Item, Stored, from_item, n, s, to_item};
use super::take::Source;
use super::transact::{Refusal, Transacted};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RedemptionItem {
    pub(super) tenant_id: TenantId,
    pub(super) redemption_id: RedemptionId,
    pub(super) redemption: Redemption,
    pub(super) correlation_id: Option<String>,
    /// Set by the relay, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redemption_number: Option<i64>,
    /// The customer's identities that it was counted against.
    #[serde(default)]
    pub(super) counted_for: Vec<String>,
}

impl Stored for RedemptionItem {
    const KIND: &'static str = "REDEMPTION";
}

impl From<RedemptionItem> for Redemption {
    fn from(item: RedemptionItem) -> Self {
        Self { redemption_number: item.redemption_number, ..item.redemption }
    }
}

/// The elements of the transaction, by place.
const REDEMPTION: usize = 0;
const COUNTER: usize = 1;
const FIRST_CUSTOMER: usize = 2;

impl Redemptions for TenantStore {
    async fn commit_redemption(
        &self,
        redemption: &Redemption,
        coupon: &Coupon,
        held: Option<&Application>,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Result<Commit, StoreError> {
        let doing = "committing a redemption";
        let terms = &coupon.terms;
        let customer = redemption.customer.as_ref().filter(|_| terms.max_redemptions_per_customer.is_some());
        let item = RedemptionItem {
            tenant_id: self.keys.tenant.clone(),
            redemption_id: redemption.id.clone(),
            redemption: redemption.clone(),
            correlation_id: Some(correlation_id.to_owned()),
            redemption_number: None,
            counted_for: customer.map(Customer::identity_keys).unwrap_or_default(),
        };
        let source = if held.is_some() { Source::Held } else { Source::Remaining };
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let put = self.table.put_new(to_item(self.keys.redemption(redemption.id.key()), &item, doing)?);
        let count = self
            .count(redemption, coupon, source, now, correlation_id)
            .return_values_on_condition_check_failure(all_old.clone());
        let mut elements =
            vec![put.return_values_on_condition_check_failure(all_old).element(doing)?, count.element(doing)?];
        for identity in &item.counted_for {
            let max = terms.max_redemptions_per_customer.unwrap_or(i64::MAX);
            elements.push(self.count_customer(&coupon.id, identity, max).element(doing)?);
        }
        let customers = FIRST_CUSTOMER..elements.len();
        if let Some(hold) = held.and_then(|application| Some((application, application.hold?))) {
            elements.push(self.use_hold(hold.0, hold.1).element(doing)?);
        }
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(Commit::Committed),
            Transacted::Refused(refusal) if refusal.failed_at(customers.end) && !refusal.failed_at(REDEMPTION) => {
                Ok(Commit::HoldGone)
            }
            Transacted::Refused(refusal) => self.why_refused(refusal, customers, redemption, coupon).await,
        }
    }

    async fn redemption_for_order(&self, coupon: &CouponId, order_id: &str) -> Result<Option<Redemption>, StoreError> {
        let key = self.keys.redemption(&purchase_key(coupon, order_id));
        let item: Option<RedemptionItem> = self.table.get(key, "reading a redemption").await?;
        Ok(item.map(Redemption::from))
    }

    async fn redemption(&self, id: &RedemptionId) -> Result<Option<Redemption>, StoreError> {
        let doing = "reading a redemption";
        for item in self.table.partition(self.keys.redemptions(id.key()), doing).await? {
            let item: RedemptionItem = from_item(item, doing)?;
            if item.redemption_id == *id {
                return Ok(Some(item.into()));
            }
        }
        Ok(None)
    }
}

impl TenantStore {
    /// Counts one redemption, taken from what remains or from what is held for it.
    fn count(
        &self,
        redemption: &Redemption,
        coupon: &Coupon,
        source: Source,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> UpdateBuilder {
        let count = "times_redeemed = times_redeemed + :one, redemption_seq = redemption_seq + :one, \
                     last_redemption = :redemption, last_redeemed_at_ms = :now, last_correlation_id = :correlation";
        self.take(coupon, source, count, now)
            .expression_attribute_values(":redemption", s(redemption.id.as_str()))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":correlation", s(correlation_id))
    }

    /// Uses up the hold of an application, if it is still the one that was read.
    fn use_hold(&self, application: &Application, hold: Hold) -> UpdateBuilder {
        self.table
            .update(self.keys.application(application.id.key()))
            .update_expression("REMOVE hold_until_ms")
            .condition_expression("hold_until_ms = :until")
            .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()))
    }

    /// The coupon as it is, from the counter that refused a write if that is of the version whose terms are known.
    pub(super) async fn current_coupon(
        &self,
        coupon: &Coupon,
        counter: Option<Item>,
        doing: &'static str,
    ) -> Result<Box<Coupon>, StoreError> {
        let counter = counter.map(|item| from_item::<CounterItem>(item, doing)).transpose()?;
        if let Some(counter) = counter.filter(|counter| counter.version == coupon.version) {
            return Ok(Box::new(counter.coupon(coupon.terms.clone(), coupon.times_applied)));
        }
        let gone = StoreError::Damaged { doing, detail: format!("coupon {} is gone", coupon.id) };
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

    /// An order redeemed before is the answer, whatever else stood against it; then the coupon; then the customer.
    async fn why_refused(
        &self,
        mut refusal: Refusal,
        customers: std::ops::Range<usize>,
        redemption: &Redemption,
        coupon: &Coupon,
    ) -> Result<Commit, StoreError> {
        let doing = "reading why a redemption was refused";
        if let Some(item) = refusal.item_at(REDEMPTION) {
            let existing: RedemptionItem = from_item(item, doing)?;
            let same =
                existing.redemption.coupon_id == coupon.id && existing.redemption.order.id == redemption.order.id;
            return match same {
                true => Ok(Commit::Existing(Box::new(existing.into()))),
                false => Err(StoreError::Damaged { doing, detail: "two orders share one redemption key".into() }),
            };
        }
        if refusal.failed_at(COUNTER) {
            let counter = refusal.item_at(COUNTER);
            return self.current_coupon(coupon, counter, doing).await.map(Commit::Refused);
        }
        if customers.clone().any(|place| refusal.failed_at(place)) {
            return Ok(Commit::CustomerLimit);
        }
        Err(StoreError::Damaged { doing, detail: "refused without a reason".into() })
    }
}
