//! Contacts, workflows and executions.
#![expect(dead_code, reason = "described, never made")]

use chrono::{DateTime, Utc};
use couponflow_app::ports::WorkflowStatus;
use couponflow_domain::contact::Consent;
use couponflow_domain::coupon::ZoneName;
use couponflow_domain::customer::Email;
use couponflow_domain::event::EventType;
use couponflow_domain::execution::{ExecutionStatus, StepRecord};
use couponflow_domain::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use schemars::JsonSchema;

/// A customer as automation sees it.
#[derive(JsonSchema)]
pub(super) struct Contact {
    /// Its id.
    id: ContactId,
    /// Where mail reaches them.
    email: Option<Email>,
    /// The shop's id.
    customer_id: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// A set.
    tags: Vec<String>,
    /// The lists that it is on, a set.
    lists: Vec<String>,
    /// Where it is.
    time_zone: Option<ZoneName>,
    /// BCP 47: how money and dates are written for it.
    locale: Option<String>,
    /// Whether it may be written to.
    consent: Consent,
    /// When it was first seen.
    created_at: DateTime<Utc>,
}

/// One run of one workflow version for one event.
#[derive(JsonSchema)]
pub(super) struct Execution {
    /// Its id.
    id: ExecutionId,
    /// The workflow.
    workflow_id: WorkflowId,
    /// The version that it began with and stays with.
    workflow_version: i64,
    /// The event.
    event_id: EventId,
    /// The event's type.
    event_type: EventType,
    /// For whom.
    contact: Option<ContactId>,
    /// Where it is.
    status: ExecutionStatus,
    /// While it waits: until when.
    wake_at: Option<DateTime<Utc>>,
    /// Every step, done or not.
    steps: Vec<StepRecord>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// The last transition.
    updated_at: DateTime<Utc>,
}

/// What a workflow has beside its document.
#[derive(JsonSchema)]
pub(super) struct WorkflowState {
    /// Its id.
    id: WorkflowId,
    /// Draft, published or paused.
    status: WorkflowStatus,
    /// The version published last; 0 for a draft.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it changed last.
    updated_at: DateTime<Utc>,
}

/// Liveness.
#[derive(JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: String,
}
