//! Items of a coupon: the counter and the terms. Redemptions update the counter, but never the
//! terms.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, CouponType, OnlyFor, State, Terms, Threshold};
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::events::outbox::{CouponImage, ExpiryNotice};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::{LimitEpoch, Revision};
use couponflow_domain::kernel::ids::{CouponId, ExecutionId, RedemptionId};
use couponflow_domain::kernel::span::Span;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::stored_terms::{StoredTerms, StoredThreshold};
use super::stored_value::StoredValue;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::Stored;
use crate::dynamo::engine::person_entry::PersonEntry;
use crate::dynamo::engine::tenant_keys::TenantKeys;

/// State and counters of a coupon. The item also has the terms that events contain, so that the relay can build an
/// event from the stream record alone. Fields that end in `_ms` are milliseconds since 1970, so that conditions can
/// compare the values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CounterItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) id: CouponId,
    pub(crate) code: CouponCode,
    pub(crate) name: String,
    pub(crate) coupon_type: CouponType,
    pub(crate) value: StoredValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_redemptions: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) thresholds: Vec<StoredThreshold>,
    /// Whether the relay records each customer's latest redemption. The abandonment window needs
    /// this record.
    pub(crate) notes_customers: bool,
    pub(crate) version: i64,
    /// Version in which the terms last changed. Pausing increments `version` only.
    #[serde(default)]
    pub(crate) terms_version: i64,
    pub(crate) state: State,
    pub(crate) times_redeemed: i64,
    pub(crate) redemption_seq: i64,
    /// Number of redemptions of unique codes that the relay counted. Included in `redemption_seq`.
    #[serde(default)]
    pub(crate) code_seq: i64,
    pub(crate) held: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining: Option<i64>,
    pub(crate) limit_epoch: i64,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
    /// Latest redemption that a redeem request counted. Does not include redemptions that the relay counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_redemption: Option<RedemptionId>,
    /// Number of rollbacks so far, including rollbacks that did not release the redemption.
    pub(crate) rollback_seq: i64,
    /// Redemption that was rolled back last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_rollback: Option<RedemptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_redeemed_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_correlation_id: Option<CorrelationId>,
    /// Execution that generated the coupon or edited it last. Removed when an operator reschedules the expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caused_by: Option<ExecutionId>,
    /// Expiry notice that was announced last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_notice: Option<Notice>,
    pub(crate) gsi1pk: String,
    pub(crate) gsi1sk: String,
}

/// Announcement that a coupon will expire at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) lead: Span,
    pub(crate) expires_at_ms: i64,
}

impl Stored for CounterItem {
    const KIND: &'static str = "COUPON";
}

/// Terms of a coupon. The terms have a separate item, so that redemptions do not rewrite the terms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TermsItem {
    pub(crate) terms: StoredTerms,
    #[serde(default)]
    pub(crate) terms_version: i64,
    /// Lists the coupon under the only person who may use it. Absent in items that earlier versions of couponflow
    /// stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
}

impl Stored for TermsItem {
    const KIND: &'static str = "TERMS";
}

impl TermsItem {
    /// Creates the item of terms that were set at `now`.
    pub(crate) fn new(id: &CouponId, terms: &Terms, version: i64, keys: &TenantKeys, now: DateTime<Utc>) -> Self {
        let person = terms.only_for.as_ref().and_then(OnlyFor::customer);
        let entry = PersonEntry::new(keys, person.as_ref(), id.as_str(), now);
        Self { terms: terms.clone().into(), terms_version: version, gsi1pk: entry.gsi1pk, gsi1sk: entry.gsi1sk }
    }
}

impl CounterItem {
    pub(crate) fn new(tenant_id: TenantId, coupon: &Coupon, list: String) -> Self {
        let terms = &coupon.terms;
        Self {
            tenant_id,
            id: coupon.id.clone(),
            code: terms.code.clone(),
            name: terms.name.clone(),
            coupon_type: terms.discount.kind(),
            value: terms.discount.value().into(),
            max_redemptions: terms.max_redemptions,
            expires_at_ms: terms.expires_at.map(|instant| instant.timestamp_millis()),
            thresholds: terms.thresholds.iter().copied().map(StoredThreshold::from).collect(),
            notes_customers: terms.abandonment_window.is_some(),
            version: coupon.version.get(),
            terms_version: coupon.version.get(),
            state: coupon.state,
            times_redeemed: coupon.times_redeemed,
            redemption_seq: coupon.redemption_seq,
            code_seq: 0,
            held: coupon.held,
            remaining: coupon.remaining,
            limit_epoch: coupon.limit_epoch.get(),
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

    /// Combines the counter with the terms and the number of applications, which are stored in their own items.
    pub(crate) fn coupon(self, terms: Terms, times_applied: i64) -> Coupon {
        Coupon {
            id: self.id,
            terms,
            version: Revision::new(self.version),
            state: self.state,
            times_redeemed: self.times_redeemed,
            redemption_seq: self.redemption_seq,
            held: self.held,
            remaining: self.remaining,
            limit_epoch: LimitEpoch::new(self.limit_epoch),
            times_applied,
            caused_by: self.caused_by,
            created_at: instant(self.created_at_ms),
            updated_at: instant(self.updated_at_ms),
        }
    }

    /// Returns the snapshot of the coupon for events.
    pub(crate) fn snapshot(&self) -> CouponSnapshot {
        CouponSnapshot {
            id: self.id.clone(),
            code: self.code.clone(),
            name: self.name.clone(),
            r#type: self.coupon_type,
            value: self.value.into(),
            limit: self.max_redemptions,
            times_redeemed: self.times_redeemed,
            remaining: self.remaining,
            expires_at: self.expires_at_ms.map(instant),
            caused_by: self.caused_by.clone(),
        }
    }

    /// Converts the item for comparison with the item before or after a write.
    pub(crate) fn image(&self) -> CouponImage {
        let notice = |notice: &Notice| ExpiryNotice { lead: notice.lead, expires_at: instant(notice.expires_at_ms) };
        CouponImage {
            coupon: self.snapshot(),
            state: self.state,
            thresholds: self.thresholds.iter().copied().map(Threshold::from).collect(),
            limit_epoch: LimitEpoch::new(self.limit_epoch),
            has_abandonment_window: self.notes_customers,
            updated_at: instant(self.updated_at_ms),
            redemption_seq: self.redemption_seq,
            code_seq: self.code_seq,
            last_redemption: self.last_redemption.clone(),
            last_redeemed_at: self.last_redeemed_at_ms.map(instant),
            last_correlation_id: self.last_correlation_id.clone(),
            rollback_seq: self.rollback_seq,
            last_rollback: self.last_rollback.clone(),
            last_notice: self.last_notice.as_ref().map(notice),
        }
    }
}
