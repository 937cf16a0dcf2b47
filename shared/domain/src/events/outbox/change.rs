//! Changes that need an event, a counter or a timer.

use crate::coupons::coupon::Threshold;
use crate::events::event::CouponSnapshot;
use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::counters::{LimitEpoch, RedemptionNumber, Revision};
use crate::kernel::ids::{ContactId, CouponId, RedemptionId};
use crate::kernel::span::Span;
use crate::purchases::{Application, Redemption, RejectedAttempt};
use crate::timers::timer::Timer;
use chrono::{DateTime, Utc};

/// Change that a committed write made, and that needs an event, a counter or a timer.
///
/// `correlation_id` identifies the request that made the change. If a timer made the change,
/// `correlation_id` identifies the apply request that last stored the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An application was recorded, or its price changed.
    Applied {
        coupon: Box<CouponSnapshot>,
        application: Box<Application>,
        /// Sequence number of the price of the application, from 1.
        revision: Revision,
        correlation_id: Option<CorrelationId>,
    },
    HoldExpired {
        /// Coupon when the code was applied.
        coupon: Box<CouponSnapshot>,
        application: Box<Application>,
        expired_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    },
    Abandoned {
        /// Coupon when the code was applied.
        coupon: Box<CouponSnapshot>,
        application: Box<Application>,
        due_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
    },
    /// An attempt to apply or redeem was rejected.
    Rejected {
        /// `None` if the code belongs to no coupon.
        coupon: Option<Box<CouponSnapshot>>,
        attempt: Box<RejectedAttempt>,
    },
    Redeemed {
        /// Coupon right after the redemption.
        coupon: Box<CouponSnapshot>,
        redemption_id: RedemptionId,
        /// Sequence number among the coupon's redemptions.
        number: RedemptionNumber,
        /// Whether the coupon has an abandonment window. If so, the relay records the time of the
        /// customer's last redemption.
        has_abandonment_window: bool,
    },
    /// A redemption of a shared code has no sequence number, because its stream record was lost.
    RedeemedUnnumbered {
        /// Coupon when the redemption without a number was found.
        coupon: Box<CouponSnapshot>,
        redemption_id: RedemptionId,
        /// As in [`Change::Redeemed`].
        has_abandonment_window: bool,
    },
    /// A unique code was redeemed. The redemption is stored in the item of the code, and is not
    /// counted yet.
    CodeRedeemed {
        /// Redemption without its sequence number.
        redemption: Box<Redemption>,
        correlation_id: Option<CorrelationId>,
    },
    RolledBack {
        /// Coupon right after the rollback.
        coupon: Box<CouponSnapshot>,
        redemption_id: RedemptionId,
    },
    /// The number of redemptions reached the limit.
    LimitReached {
        /// Coupon right after the write.
        coupon: Box<CouponSnapshot>,
        /// Number of the limit epoch in which the limit was reached.
        limit_epoch: LimitEpoch,
        at: DateTime<Utc>,
        /// `None` if an edit of the limit made the number of redemptions reach the limit.
        correlation_id: Option<CorrelationId>,
    },
    /// The number of redemptions reached a threshold.
    ThresholdReached {
        /// Coupon right after the write.
        coupon: Box<CouponSnapshot>,
        threshold: Threshold,
        limit_epoch: LimitEpoch,
        at: DateTime<Utc>,
        /// `None` if an edit of the limit made the number of redemptions reach the threshold.
        correlation_id: Option<CorrelationId>,
    },
    /// Advance notice of a coupon's expiry.
    Expiring {
        coupon: Box<CouponSnapshot>,
        /// Time from the notice to the expiry.
        lead: Span,
        expires_at: DateTime<Utc>,
    },
    /// A coupon changed from active to expired.
    Expired {
        /// Coupon right after its expiry.
        coupon: Box<CouponSnapshot>,
        expires_at: DateTime<Utc>,
    },
    /// The erasure of a contact is complete.
    ContactErased {
        contact_id: ContactId,
        completed_at: DateTime<Utc>,
    },
    /// The write requires a timer that is not set yet.
    TimerNeeded(Timer),
    TimerSet(Timer),
}

/// Work that the relay does for a change before it builds the event of the change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Groundwork<'a> {
    /// A redemption of a shared code gets its sequence number.
    Number {
        coupon_id: &'a CouponId,
        redemption_id: &'a RedemptionId,
        number: RedemptionNumber,
        has_abandonment_window: bool,
    },
    /// A redemption of a shared code whose stream record was lost gets the next sequence number of the coupon.
    NumberAnew {
        coupon_id: &'a CouponId,
        redemption_id: &'a RedemptionId,
        has_abandonment_window: bool,
    },
    /// A redemption of a unique code is counted and gets its sequence number.
    NumberCode {
        redemption: &'a Redemption,
        correlation_id: Option<&'a CorrelationId>,
    },
    /// An attempt with a code that belongs to no coupon is counted.
    Count(&'a RejectedAttempt),
    Nothing,
}

impl Change {
    /// Returns the work that the relay does for this change before it builds the event.
    pub fn groundwork(&self) -> Groundwork<'_> {
        match self {
            Self::Redeemed { coupon, redemption_id, number, has_abandonment_window } => Groundwork::Number {
                coupon_id: &coupon.id,
                redemption_id,
                number: *number,
                has_abandonment_window: *has_abandonment_window,
            },
            Self::RedeemedUnnumbered { coupon, redemption_id, has_abandonment_window } => Groundwork::NumberAnew {
                coupon_id: &coupon.id,
                redemption_id,
                has_abandonment_window: *has_abandonment_window,
            },
            Self::CodeRedeemed { redemption, correlation_id } => {
                Groundwork::NumberCode { redemption, correlation_id: correlation_id.as_ref() }
            }
            Self::Rejected { coupon: None, attempt } => Groundwork::Count(attempt),
            Self::Rejected { coupon: Some(_), .. }
            | Self::Applied { .. }
            | Self::HoldExpired { .. }
            | Self::Abandoned { .. }
            | Self::RolledBack { .. }
            | Self::LimitReached { .. }
            | Self::ThresholdReached { .. }
            | Self::Expiring { .. }
            | Self::Expired { .. }
            | Self::ContactErased { .. }
            | Self::TimerNeeded(_)
            | Self::TimerSet(_) => Groundwork::Nothing,
        }
    }

    /// Returns the key of the coupon, application, request, contact or timer that the change concerns. All attempts with codes
    /// that belong to no coupon have the same subject, because the relay counts them together.
    pub fn subject(&self) -> String {
        match self {
            Self::Applied { application, .. }
            | Self::HoldExpired { application, .. }
            | Self::Abandoned { application, .. } => application.id.key().to_owned(),
            Self::Redeemed { coupon, .. }
            | Self::RedeemedUnnumbered { coupon, .. }
            | Self::RolledBack { coupon, .. }
            | Self::LimitReached { coupon, .. }
            | Self::ThresholdReached { coupon, .. }
            | Self::Expiring { coupon, .. }
            | Self::Expired { coupon, .. } => coupon.id.as_str().to_owned(),
            Self::CodeRedeemed { redemption, .. } => redemption.coupon_id.as_str().to_owned(),
            Self::Rejected { coupon: None, .. } => "unknown_codes".to_owned(),
            Self::Rejected { coupon: Some(_), attempt } => attempt.correlation_id.as_str().to_owned(),
            Self::ContactErased { contact_id, .. } => contact_id.as_str().to_owned(),
            Self::TimerNeeded(timer) | Self::TimerSet(timer) => timer.key(),
        }
    }
}
