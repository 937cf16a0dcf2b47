//! Changes of a coupon.

use chrono::{DateTime, Utc};

use super::Change;
use crate::coupons::coupon::{State, Threshold};
use crate::events::event::CouponSnapshot;
use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::counters::{LimitEpoch, RedemptionNumber};
use crate::kernel::ids::RedemptionId;
use crate::kernel::span::Span;

/// Stored coupon before or after a write: the data for events, and the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouponImage {
    pub coupon: CouponSnapshot,
    pub state: State,
    pub thresholds: Vec<Threshold>,
    pub limit_epoch: LimitEpoch,
    pub has_abandonment_window: bool,
    /// Time of the last change of terms or state.
    pub updated_at: DateTime<Utc>,
    /// All redemptions ever counted. Equals the number of the latest redemption.
    pub redemption_seq: i64,
    /// Redemptions of unique codes that the event relay counted. Included in `redemption_seq`.
    pub code_seq: i64,
    /// Latest redemption that a redeem request counted. Does not include redemptions that the relay
    /// counted.
    pub last_redemption: Option<RedemptionId>,
    pub last_redeemed_at: Option<DateTime<Utc>>,
    /// Request of the redemption `last_redemption`.
    pub last_correlation_id: Option<CorrelationId>,
    /// Rollbacks so far, including rollbacks that did not make the redemption available again.
    pub rollback_seq: i64,
    pub last_rollback: Option<RedemptionId>,
    /// Advance notice that was given last.
    pub last_notice: Option<ExpiryNotice>,
}

/// Advance notice that a coupon expires at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryNotice {
    /// Time from the notice to the expiry.
    pub lead: Span,
    pub expires_at: DateTime<Utc>,
}

impl CouponImage {
    /// Number of redemptions that redeem requests counted.
    fn counted_by_requests(&self) -> i64 {
        self.redemption_seq - self.code_seq
    }

    pub(super) fn is_full(&self) -> bool {
        self.coupon.limit.is_some_and(|limit| self.coupon.times_redeemed >= limit)
    }

    pub(super) fn has_reached(&self, threshold: Threshold) -> bool {
        self.coupon.limit.is_some_and(|limit| threshold.is_reached(self.coupon.times_redeemed, limit))
    }
}

/// Returns the changes of a coupon, in causal order: a redemption, a rollback, thresholds, the
/// limit, an advance notice, and the expiry. `before` is `None` for a new coupon, which has no
/// changes.
///
/// A write of a redeem request counts one redemption, so the sequence number after the write is the
/// number of that redemption. A write reaches the limit if the number of redemptions was less than
/// the limit before and is at least the limit after. The same applies to a threshold.
pub fn coupon_changes(before: Option<&CouponImage>, after: &CouponImage) -> Vec<Change> {
    let Some(before) = before else { return Vec::new() };
    let coupon = || Box::new(after.coupon.clone());
    let limit_epoch = after.limit_epoch;
    let mut changes = Vec::new();
    let is_redeemed = after.counted_by_requests() > before.counted_by_requests();
    let redeemed = after.last_redemption.clone().filter(|_| is_redeemed);
    let (at, correlation_id) = match redeemed {
        Some(_) => (after.last_redeemed_at.unwrap_or(after.updated_at), after.last_correlation_id.clone()),
        None => (after.updated_at, None),
    };
    if let Some(redemption_id) = redeemed {
        let (number, has_abandonment_window) =
            (RedemptionNumber::new(after.redemption_seq), after.has_abandonment_window);
        changes.push(Change::Redeemed { coupon: coupon(), redemption_id, number, has_abandonment_window });
    }
    if after.rollback_seq > before.rollback_seq
        && let Some(redemption_id) = after.last_rollback.clone()
    {
        changes.push(Change::RolledBack { coupon: coupon(), redemption_id });
    }
    let is_reached_now = |threshold: &&Threshold| after.has_reached(**threshold) && !before.has_reached(**threshold);
    for &threshold in after.thresholds.iter().filter(is_reached_now) {
        let correlation_id = correlation_id.clone();
        changes.push(Change::ThresholdReached { coupon: coupon(), threshold, limit_epoch, at, correlation_id });
    }
    if after.is_full() && !before.is_full() {
        changes.push(Change::LimitReached { coupon: coupon(), limit_epoch, at, correlation_id });
    }
    if let Some(ExpiryNotice { lead, expires_at }) = after.last_notice
        && after.last_notice != before.last_notice
    {
        changes.push(Change::Expiring { coupon: coupon(), lead, expires_at });
    }
    if before.state == State::Active
        && after.state == State::Expired
        && let Some(expires_at) = after.coupon.expires_at
    {
        changes.push(Change::Expired { coupon: coupon(), expires_at });
    }
    changes
}

#[cfg(test)]
mod tests;
