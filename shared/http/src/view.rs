//! JSON and CSV representations of domain objects in API answers.

mod code;
mod contact;
mod coupon;
mod execution;
mod purchase;
mod webhook_secret;
mod workflow;

pub use code::{job, unique_code, unique_code_header, unique_code_row};
pub use contact::{contact, suppression};
pub use coupon::{coupon, statistics};
pub use execution::execution;
pub use purchase::{application, applied, billing_discount, redemption, redemption_record, redemptions};
pub use webhook_secret::{new_signing_secret, signing_secret};
pub use workflow::{reviewed_workflow, triggers, workflow, workflow_version};
