//! Bodies of answers: the wire format of resources, with its schema.

mod code;
mod contact;
mod coupon;
mod event;
mod execution;
mod purchase;
mod service;
mod template;
mod webhook_secret;
mod workflow;

pub use code::{Job, JobError, JobType, UNIQUE_CODE_HEADER, UniqueCode, unique_code_row};
pub use contact::{Contact, Suppression};
pub use coupon::{Counts, Coupon, CouponStatistics, Day, Statistics};
pub use event::Event;
pub use execution::{Attempt, Execution, Step};
pub use purchase::{
    Application, AppliedCodes, ApplyAnswer, BillingDiscount, CodeResult, RedeemAnswer, RedeemedCodes, Redemption,
    RedemptionRecord, RedemptionStatus,
};
pub use service::{Document, Health};
pub use template::RenderedTemplates;
pub use webhook_secret::{NewWebhookSecret, WebhookSecret};
pub use workflow::{Replay, Triggers, Workflow, WorkflowVersion};
