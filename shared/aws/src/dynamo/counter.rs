//! A coupon as items: the counter that redemptions contend for, the terms beside it, and the statistics.

use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_domain::code::CouponCode;
use couponflow_domain::coupon::{Coupon, CouponType, CouponValue, State, Terms, Threshold};
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::{CouponId, ExecutionId, RedemptionId};
use couponflow_domain::span::Span;
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::item::Stored;

/// State, counters, and of the terms what an event tells, so that a stream record of this item is enough to make one.
/// Times are milliseconds since 1970, for conditions to compare.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CounterItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) id: CouponId,
    pub(crate) code: CouponCode,
    pub(crate) name: String,
    pub(crate) coupon_type: CouponType,
    pub(crate) value: CouponValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_redemptions: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) thresholds: Vec<Threshold>,
    /// Whether the relay is to remember when customers redeemed last, for the abandonment window.
    pub(crate) notes_customers: bool,
    pub(crate) version: i64,
    /// The version that the terms are of: a pause changes none.
    #[serde(default)]
    pub(crate) terms_version: i64,
    pub(crate) state: State,
    pub(crate) times_redeemed: i64,
    pub(crate) redemption_seq: i64,
    /// How many of them were counted by the relay.
    #[serde(default)]
    pub(crate) code_seq: i64,
    pub(crate) held: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining: Option<i64>,
    pub(crate) limit_epoch: i64,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
    /// The latest redemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_redemption: Option<RedemptionId>,
    /// Redemptions ever given back, released or not.
    pub(crate) rollback_seq: i64,
    /// The latest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_rollback: Option<RedemptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_redeemed_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_correlation_id: Option<String>,
    /// The execution that issued it, or extended it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caused_by: Option<ExecutionId>,
    /// The latest notice of its expiry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_notice: Option<Notice>,
    pub(crate) gsi1pk: String,
    pub(crate) gsi1sk: String,
}

/// That an expiry was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) lead: Span,
    pub(crate) expires_at_ms: i64,
}

impl Stored for CounterItem {
    const KIND: &'static str = "COUPON";
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TermsItem {
    pub(super) terms: Terms,
    #[serde(default)]
    pub(super) terms_version: i64,
}

impl Stored for TermsItem {
    const KIND: &'static str = "TERMS";
}

pub(crate) fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
}

impl CounterItem {
    pub(super) fn new(tenant_id: TenantId, coupon: &Coupon, list: String) -> Self {
        let terms = &coupon.terms;
        Self {
            tenant_id,
            id: coupon.id.clone(),
            code: terms.code.clone(),
            name: terms.name.clone(),
            coupon_type: terms.discount.kind(),
            value: terms.discount.value(),
            max_redemptions: terms.max_redemptions,
            expires_at_ms: terms.expires_at.map(|instant| instant.timestamp_millis()),
            thresholds: terms.thresholds.clone(),
            notes_customers: terms.abandonment_window.is_some(),
            version: coupon.version,
            terms_version: coupon.version,
            state: coupon.state,
            times_redeemed: coupon.times_redeemed,
            redemption_seq: coupon.redemption_seq,
            code_seq: 0,
            held: coupon.held,
            remaining: coupon.remaining,
            limit_epoch: coupon.limit_epoch,
            created_at_ms: coupon.created_at.timestamp_millis(),
            updated_at_ms: coupon.updated_at.timestamp_millis(),
            last_redemption: None,
            rollback_seq: 0,
            last_rollback: None,
            last_redeemed_at_ms: None,
            last_correlation_id: None,
            caused_by: coupon.caused_by.clone(),
            last_notice: None,
            gsi1pk: list,
            gsi1sk: coupon.id.as_str().to_owned(),
        }
    }

    /// The coupon, with its terms and statistics from their own items.
    pub(super) fn coupon(self, terms: Terms, times_applied: i64) -> Coupon {
        Coupon {
            id: self.id,
            terms,
            version: self.version,
            state: self.state,
            times_redeemed: self.times_redeemed,
            redemption_seq: self.redemption_seq,
            held: self.held,
            remaining: self.remaining,
            limit_epoch: self.limit_epoch,
            times_applied,
            caused_by: self.caused_by,
            created_at: instant(self.created_at_ms),
            updated_at: instant(self.updated_at_ms),
        }
    }

    /// What an event tells of it.
    pub(crate) fn snapshot(&self) -> CouponSnapshot {
        CouponSnapshot {
            id: self.id.clone(),
            code: self.code.clone(),
            name: self.name.clone(),
            r#type: self.coupon_type,
            value: self.value,
            limit: self.max_redemptions,
            times_redeemed: self.times_redeemed,
            remaining: self.remaining,
            expires_at: self.expires_at_ms.map(instant),
            caused_by: self.caused_by.clone(),
        }
    }
}

/// What the items of a coupon's partition come to.
pub(super) enum Assembled {
    /// This.
    Coupon(Box<Coupon>),
    /// There is no such coupon.
    Nothing,
    /// An edit was being written: one item is of before and one of after it.
    Torn,
}

/// The coupon in the items of its partition. They are read by a query, which may see half of a transaction.
pub(super) fn assemble(items: Vec<super::item::Item>, doing: &'static str) -> Result<Assembled, StoreError> {
    let (mut counter, mut terms, mut times_applied) = (None, None, 0);
    for item in items {
        match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
            Some("counter") => counter = Some(super::item::from_item::<CounterItem>(item, doing)?),
            Some("terms") => terms = Some(super::item::from_item::<TermsItem>(item, doing)?),
            Some("stats") => times_applied = super::statistics::of_item(&item).applied,
            _ => {}
        }
    }
    Ok(match (counter, terms) {
        (Some(counter), Some(terms)) if counter.terms_version == terms.terms_version => {
            Assembled::Coupon(Box::new(counter.coupon(terms.terms, times_applied)))
        }
        (None, None) => Assembled::Nothing,
        _ => Assembled::Torn,
    })
}
