//! Stored form of a timer. Messages in the timer queue contain the same form.

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::contact::SetChange;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ApplicationId, ContactId, CouponId, ExecutionId, JobId};
use couponflow_domain::kernel::label::Label;
use couponflow_domain::kernel::span::Span;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::{ErasurePart, ErasureProgress, Purpose, Timer};
use serde::{Deserialize, Serialize};

/// Stored form of [`Timer`]: the value of the attribute `timer`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredTimerValue {
    tenant_id: TenantId,
    due_at: DateTime<Utc>,
    #[serde(flatten)]
    purpose: StoredPurpose,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredPurpose {
    CouponExpiry {
        coupon_id: CouponId,
    },
    CouponExpiring {
        coupon_id: CouponId,
        lead: Span,
    },
    Abandonment {
        application_id: ApplicationId,
    },
    HoldExpiry {
        coupon_id: CouponId,
        application_id: ApplicationId,
    },
    ExecutionWake {
        execution_id: ExecutionId,
    },
    ContactChanged {
        contact_id: ContactId,
        change: StoredSetChange,
    },
    ContactErasure {
        contact_id: ContactId,
        /// Earlier versions did not record that an erasure is complete.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_last_pass: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<StoredErasureProgress>,
    },
    JobStep {
        job_id: JobId,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "change", content = "member", rename_all = "snake_case")]
enum StoredSetChange {
    AddTag(Label),
    RemoveTag(Label),
    AddToList(Label),
    RemoveFromList(Label),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredErasureProgress {
    /// Earlier versions only cancelled waiting executions.
    #[serde(default)]
    part: StoredErasurePart,
    after: Cursor,
    has_cancelled: bool,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredErasurePart {
    #[default]
    Waits,
    Records,
}

impl From<Timer> for StoredTimerValue {
    fn from(timer: Timer) -> Self {
        let Timer { tenant_id, due_at, purpose } = timer;
        Self { tenant_id, due_at, purpose: purpose.into() }
    }
}

impl From<StoredTimerValue> for Timer {
    fn from(stored: StoredTimerValue) -> Self {
        let StoredTimerValue { tenant_id, due_at, purpose } = stored;
        Self { tenant_id, due_at, purpose: purpose.into() }
    }
}

impl From<Purpose> for StoredPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::CouponExpiry { coupon_id } => Self::CouponExpiry { coupon_id },
            Purpose::CouponExpiring { coupon_id, lead } => Self::CouponExpiring { coupon_id, lead },
            Purpose::Abandonment { application_id } => Self::Abandonment { application_id },
            Purpose::HoldExpiry { coupon_id, application_id } => Self::HoldExpiry { coupon_id, application_id },
            Purpose::ExecutionWake { execution_id } => Self::ExecutionWake { execution_id },
            Purpose::ContactChanged { contact_id, change } => {
                Self::ContactChanged { contact_id, change: change.into() }
            }
            Purpose::ContactErasure { contact_id, is_last_pass, progress } => {
                let progress = progress.map(StoredErasureProgress::from);
                Self::ContactErasure { contact_id, is_last_pass, progress }
            }
            Purpose::JobStep { job_id } => Self::JobStep { job_id },
        }
    }
}

impl From<StoredPurpose> for Purpose {
    fn from(stored: StoredPurpose) -> Self {
        match stored {
            StoredPurpose::CouponExpiry { coupon_id } => Self::CouponExpiry { coupon_id },
            StoredPurpose::CouponExpiring { coupon_id, lead } => Self::CouponExpiring { coupon_id, lead },
            StoredPurpose::Abandonment { application_id } => Self::Abandonment { application_id },
            StoredPurpose::HoldExpiry { coupon_id, application_id } => Self::HoldExpiry { coupon_id, application_id },
            StoredPurpose::ExecutionWake { execution_id } => Self::ExecutionWake { execution_id },
            StoredPurpose::ContactChanged { contact_id, change } => {
                Self::ContactChanged { contact_id, change: change.into() }
            }
            StoredPurpose::ContactErasure { contact_id, is_last_pass, progress } => {
                Self::ContactErasure { contact_id, is_last_pass, progress: progress.map(ErasureProgress::from) }
            }
            StoredPurpose::JobStep { job_id } => Self::JobStep { job_id },
        }
    }
}

impl From<SetChange> for StoredSetChange {
    fn from(change: SetChange) -> Self {
        match change {
            SetChange::AddTag(tag) => Self::AddTag(tag),
            SetChange::RemoveTag(tag) => Self::RemoveTag(tag),
            SetChange::AddToList(list) => Self::AddToList(list),
            SetChange::RemoveFromList(list) => Self::RemoveFromList(list),
        }
    }
}

impl From<StoredSetChange> for SetChange {
    fn from(stored: StoredSetChange) -> Self {
        match stored {
            StoredSetChange::AddTag(tag) => Self::AddTag(tag),
            StoredSetChange::RemoveTag(tag) => Self::RemoveTag(tag),
            StoredSetChange::AddToList(list) => Self::AddToList(list),
            StoredSetChange::RemoveFromList(list) => Self::RemoveFromList(list),
        }
    }
}

impl From<ErasureProgress> for StoredErasureProgress {
    fn from(progress: ErasureProgress) -> Self {
        let ErasureProgress { part, after, has_cancelled } = progress;
        let part = match part {
            ErasurePart::Waits => StoredErasurePart::Waits,
            ErasurePart::Records => StoredErasurePart::Records,
        };
        Self { part, after, has_cancelled }
    }
}

impl From<StoredErasureProgress> for ErasureProgress {
    fn from(stored: StoredErasureProgress) -> Self {
        let StoredErasureProgress { part, after, has_cancelled } = stored;
        let part = match part {
            StoredErasurePart::Waits => ErasurePart::Waits,
            StoredErasurePart::Records => ErasurePart::Records,
        };
        Self { part, after, has_cancelled }
    }
}
