//! Constructors of the events, one for each type of event.

use chrono::{DateTime, Utc};

use super::{ApplicationRef, CouponSnapshot, Event, EventData, EventType, OrderSnapshot, RedemptionRef};
use crate::coupons::coupon::Threshold;
use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::counters::{LimitEpoch, RedemptionNumber, Revision};
use crate::kernel::money::Money;
use crate::kernel::span::Span;
use crate::purchases::order::Order;
use crate::purchases::{Application, AttemptedOperation, Redemption, RejectedAttempt};
use crate::tenants::tenant::TenantId;

impl Event {
    /// Creates the event for a code that was applied. `revision` is the number of the application's
    /// price, from 1. Applying the code again can change the price.
    pub fn coupon_applied(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        revision: Revision,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let at = application.created_at;
        let identity_parts = revision.to_string();
        Self::of_application(EventType::CouponApplied, tenant, coupon, application, &identity_parts, at, correlation_id)
    }

    /// Creates the event for a hold that expired at `expired_at`. `coupon` is the coupon as it was
    /// when the code was applied.
    pub fn coupon_hold_expired(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        expired_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let identity_parts = expired_at.timestamp_millis().to_string();
        Self::of_application(
            EventType::CouponHoldExpired,
            tenant,
            coupon,
            application,
            &identity_parts,
            expired_at,
            correlation_id,
        )
    }

    /// Creates the event for an application that was not redeemed within the coupon's abandonment
    /// window. `due_at` is the end of the window. `coupon` is the coupon as it was when the code
    /// was applied.
    pub fn coupon_application_abandoned(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        due_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let kind = EventType::CouponApplicationAbandoned;
        Self::of_application(kind, tenant, coupon, application, "", due_at, correlation_id)
    }

    fn of_application(
        kind: EventType,
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        identity_parts: &str,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let total_after_code = Some(application.total_after_code());
        let snapshot =
            OrderSnapshot::new(&application.order, application.discount.money(), total_after_code, application.total());
        let Application { id, customer, source, created_at, .. } = application.clone();
        let key = id.key().to_owned();
        let coupon = coupon.for_purchase(&application.code, application.value);
        let data = EventData {
            customer,
            order: Some(snapshot),
            source,
            application: Some(ApplicationRef { id, created_at }),
            ..EventData::of(coupon)
        };
        Self::new(kind, tenant, &[&key, identity_parts], occurred_at, correlation_id, data)
    }

    /// Creates the event for a committed redemption. `number` is the sequence number of the
    /// redemption among the coupon's redemptions.
    pub fn coupon_redeemed(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: RedemptionNumber,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let occurred_at = redemption.created_at;
        Self::of_redemption(EventType::CouponRedeemed, tenant, coupon, redemption, number, occurred_at, correlation_id)
    }

    /// Creates the event for a redemption that was rolled back. `number` is the sequence number of
    /// the redemption among the coupon's redemptions.
    pub fn coupon_redemption_rolled_back(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: RedemptionNumber,
        rolled_back_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let kind = EventType::CouponRedemptionRolledBack;
        Self::of_redemption(kind, tenant, coupon, redemption, number, rolled_back_at, correlation_id)
    }

    fn of_redemption(
        kind: EventType,
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: RedemptionNumber,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let total_after_code = Some(redemption.total_after_code());
        let snapshot =
            OrderSnapshot::new(&redemption.order, redemption.discount.money(), total_after_code, redemption.total());
        let Redemption { id, customer, source, created_at, .. } = redemption.clone();
        let identity_parts = id.as_str().to_owned();
        let coupon = coupon.for_purchase(&redemption.code, redemption.value);
        let data = EventData {
            customer,
            order: Some(snapshot),
            source,
            redemption: Some(RedemptionRef { id, redemption_number: number, created_at }),
            ..EventData::of(coupon)
        };
        Self::new(kind, tenant, &[&identity_parts], occurred_at, correlation_id, data)
    }

    /// Creates the event for a rejected attempt to apply or redeem a code.
    pub fn coupon_rejected(tenant: &TenantId, coupon: CouponSnapshot, attempt: &RejectedAttempt) -> Self {
        let RejectedAttempt {
            operation,
            rejection,
            code,
            customer,
            order,
            discounted_by_others,
            source,
            at,
            correlation_id,
        } = attempt.clone();
        let operation = match operation {
            AttemptedOperation::Apply => "apply",
            AttemptedOperation::Redeem => "redeem",
        };
        let identity_parts = [operation, correlation_id.as_str(), code.as_str()];
        let snapshot = |order: &Order| {
            let money = |amount: i64| Money::new(amount, order.currency);
            OrderSnapshot::new(order, money(0), None, money(order.value().amount - discounted_by_others))
        };
        let value = coupon.value;
        let data = EventData {
            customer,
            order: order.as_deref().map(snapshot),
            source,
            rejection: Some(rejection),
            ..EventData::of(coupon.for_purchase(&code, value))
        };
        Self::new(EventType::CouponRejected, tenant, &identity_parts, at, Some(correlation_id.clone()), data)
    }

    /// Creates the event for a threshold that was reached at `occurred_at`. The event fires once
    /// per limit epoch. A new limit epoch begins when an edit raises, removes or introduces the
    /// limit, and when a rollback makes a used-up coupon redeemable again.
    pub fn coupon_threshold_reached(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        threshold: Threshold,
        limit_epoch: LimitEpoch,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let (threshold, epoch) = (threshold.to_string(), limit_epoch.to_string());
        let identity_parts = [&threshold, epoch.as_str()];
        let data = EventData { threshold: Some(threshold.clone()), ..EventData::of(coupon) };
        Self::new(EventType::CouponThresholdReached, tenant, &identity_parts, occurred_at, correlation_id, data)
    }

    /// Creates the event for an active coupon that expires at `expires_at`. The event occurs `lead`
    /// before that instant.
    pub fn coupon_expiring(tenant: &TenantId, coupon: CouponSnapshot, lead: Span, expires_at: DateTime<Utc>) -> Self {
        let (lead_time, instant) = (lead.to_string(), expires_at.timestamp_millis().to_string());
        let identity_parts = [lead_time.as_str(), &instant];
        let data = EventData { lead_time: Some(lead_time.clone()), ..EventData::of(coupon) };
        Self::new(EventType::CouponExpiring, tenant, &identity_parts, expires_at - lead.delta(), None, data)
    }

    /// Creates the event for a limit that was reached at `occurred_at`, by a redemption or by an
    /// edit of the limit. The event fires once per limit epoch.
    pub fn coupon_limit_reached(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        limit_epoch: LimitEpoch,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    ) -> Self {
        let epoch = limit_epoch.to_string();
        let data = EventData::of(coupon);
        Self::new(EventType::CouponLimitReached, tenant, &[&epoch], occurred_at, correlation_id, data)
    }

    /// Creates the event for an active coupon that expired at `expires_at`.
    pub fn coupon_expired(tenant: &TenantId, coupon: CouponSnapshot, expires_at: DateTime<Utc>) -> Self {
        let instant = expires_at.timestamp_millis().to_string();
        Self::new(EventType::CouponExpired, tenant, &[&instant], expires_at, None, EventData::of(coupon))
    }
}
