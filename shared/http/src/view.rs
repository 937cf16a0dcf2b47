//! Bodies of answers: the JSON of resources. The schemas of the answers are generated from these
//! types.

mod audit;
mod code;
mod contact;
mod coupon;
mod event;
mod execution;
mod key;
mod purchase;
mod webhook_secret;
mod workflow;

pub use audit::AuditEntry;
pub use code::{Job, JobError, JobType, UNIQUE_CODE_HEADER, UniqueCode, unique_code_row};
pub use contact::{Contact, Suppression};
pub use coupon::{Counts, Coupon, CouponStatistics, Day, Statistics};
pub use event::Event;
pub use execution::{Attempt, Execution, Step};
pub use key::{Key, Me, NewKey};
pub use purchase::{
    Application, AppliedCodes, ApplyAnswer, CodeResult, OwnApplication, RedeemAnswer, RedeemedCodes, Redemption,
    RedemptionRecord, RedemptionStatus,
};
pub use webhook_secret::{NewWebhookSecret, WebhookSecret};
pub use workflow::{Workflow, WorkflowVersion};
