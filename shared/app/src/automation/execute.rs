//! Executes workflows: starts executions for an event, and runs each execution step by step.
//!
//! - An execution is one run of a workflow for one event.
//! - A claim is the execution with its revision increased by one and a lease on the current step.
//!   To perform a step with an effect, an instance first saves a claim. Until the lease expires,
//!   only this instance performs the step.
//! - An effect is what a step changes or sends.
//! - A signal is an event, or a change of a contact, that can resume a waiting execution.
//! - A watchdog is a timer that resumes an execution after its instance died.

mod causes;
mod customer;
mod delivery_status;
mod erase_step;
mod erased;
mod handle_event;
mod operate;
mod retry_budget;
mod run;
mod save;
mod signal;
mod step;
mod subscription;
mod wake;
mod workflow_version;

pub use delivery_status::settle_mail;
pub use handle_event::handle_event;
pub use operate::{OperationOutcome, cancel, retry};
pub use run::{Progress, run};
pub use signal::notify;

pub(crate) use causes::causes;
pub(crate) use customer::EventWithContact;
pub(crate) use erase_step::{ErasureStep, erase_step};
pub(crate) use wake::wake;

pub(super) use retry_budget::MAX_CONFLICT_RETRIES;
pub(super) use subscription::subscribe;
