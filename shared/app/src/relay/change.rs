//! What a write did, as far as others must hear of it.

use chrono::{DateTime, Utc};
use couponflow_domain::coupon::Threshold;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::RedemptionId;
use couponflow_domain::purchase::{Application, Attempt, Redemption};
use couponflow_domain::span::Span;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::Timer;

/// Something that a write did and the world must hear of.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An application was recorded, or changed its price.
    Applied {
        /// The coupon as it was then.
        coupon: Box<CouponSnapshot>,
        /// The application.
        application: Box<Application>,
        /// Counts its prices, from 1.
        revision: i64,
        /// The request.
        correlation_id: Option<String>,
    },
    /// A hold ran out.
    HoldExpired {
        /// The coupon as it was when the code was applied.
        coupon: Box<CouponSnapshot>,
        /// The application.
        application: Box<Application>,
        /// When.
        expired_at: DateTime<Utc>,
        /// The request that began it.
        correlation_id: Option<String>,
    },
    /// An application was not redeemed in time.
    Abandoned {
        /// The coupon as it was when the code was applied.
        coupon: Box<CouponSnapshot>,
        /// The application.
        application: Box<Application>,
        /// When its window ended.
        due_at: DateTime<Utc>,
        /// The request that began it.
        correlation_id: Option<String>,
    },
    /// An attempt was refused.
    Rejected {
        /// The coupon as it was then; none where the code belongs to none.
        coupon: Option<Box<CouponSnapshot>>,
        /// The attempt.
        attempt: Box<Attempt>,
    },
    /// A redemption was counted.
    Redeemed {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The redemption.
        redemption_id: RedemptionId,
        /// Which one it is.
        number: i64,
        /// Whether the coupon's abandonment window needs to know when its customer redeemed last.
        notes_customer: bool,
    },
    /// A unique code was redeemed in its own item, and is not counted yet.
    CodeRedeemed {
        /// The redemption, without its number.
        redemption: Box<Redemption>,
        /// The request.
        correlation_id: Option<String>,
    },
    /// A redemption was given back.
    RolledBack {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The redemption.
        redemption_id: RedemptionId,
    },
    /// The count reached the limit.
    LimitReached {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The limit epoch that ended.
        limit_epoch: i64,
        /// When.
        at: DateTime<Utc>,
        /// The request of the last redemption; none where the limit was lowered to it.
        correlation_id: Option<String>,
    },
    /// The count reached a threshold.
    ThresholdReached {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// Which one.
        threshold: Threshold,
        /// The limit epoch.
        limit_epoch: i64,
        /// When.
        at: DateTime<Utc>,
        /// The request of the redemption that did it; none where the limit was lowered to it.
        correlation_id: Option<String>,
    },
    /// A coupon's expiry is so far ahead.
    Expiring {
        /// The coupon.
        coupon: Box<CouponSnapshot>,
        /// How far.
        lead: Span,
        /// The expiry instant.
        expires_at: DateTime<Utc>,
    },
    /// A coupon went from active to expired.
    Expired {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The instant.
        expires_at: DateTime<Utc>,
    },
    /// A timer is asked for by what was written, and not set yet.
    TimerNeeded(Timer),
    /// A timer was set.
    TimerSet(Timer),
}

/// One stream record's changes, of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Whose.
    pub tenant_id: TenantId,
    /// In the order they follow from one another.
    pub changes: Vec<Change>,
}

impl Record {
    /// What its changes are about, as far as their order matters.
    pub(super) fn subject(&self) -> String {
        let subject = self.changes.iter().map(|change| match change {
            Change::Applied { application, .. }
            | Change::HoldExpired { application, .. }
            | Change::Abandoned { application, .. } => application.id.key().to_owned(),
            Change::Redeemed { coupon, .. }
            | Change::RolledBack { coupon, .. }
            | Change::LimitReached { coupon, .. }
            | Change::ThresholdReached { coupon, .. }
            | Change::Expiring { coupon, .. }
            | Change::Expired { coupon, .. } => coupon.id.as_str().to_owned(),
            Change::CodeRedeemed { redemption, .. } => redemption.coupon_id.as_str().to_owned(),
            Change::Rejected { attempt, .. } => attempt.correlation_id.clone(),
            Change::TimerNeeded(timer) | Change::TimerSet(timer) => timer.key(),
        });
        subject.take(1).collect()
    }
}
