//! Stream records, as changes.

use couponflow_domain::events::outbox::Change;
use couponflow_domain::tenants::tenant::TenantId;

/// Changes of one stream record, all of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub tenant_id: TenantId,
    /// Changes in causal order.
    pub changes: Vec<Change>,
}

impl Record {
    /// Returns the key of the coupon, application, request or timer that the changes concern.
    /// Records with the same subject are processed in order.
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
