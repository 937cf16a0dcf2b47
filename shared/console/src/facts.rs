//! Members of the API's resources that the pages show.

mod contact;
mod coupon;
mod event;
mod execution;
mod purchase;
mod tenant;
mod workflow;

pub(crate) use contact::Contact;
pub(crate) use coupon::{Counts, Coupon, Day, Job, Statistics, UniqueCode};
pub(crate) use event::Event;
pub(crate) use execution::Execution;
pub(crate) use purchase::Redemption;
pub(crate) use tenant::{ApiKey, AuditEntry};
pub(crate) use workflow::{Workflow, WorkflowVersion};

use serde::Deserialize;

/// Page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct List<T> {
    pub(crate) data: Vec<T>,
    pub(crate) next_cursor: Option<String>,
}
