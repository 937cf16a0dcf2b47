//! Actions of steps.

use chrono::TimeDelta;

use super::wait_condition::WaitCondition;
use super::window::Window;
use crate::automation::filter::Filter;
use crate::contacts::audience::Audience;
use crate::contacts::contact::SetChange;
use crate::coupons::coupon::Terms;
use crate::kernel::ids::{CouponId, WorkflowId};
use crate::kernel::instants::ZoneName;
use crate::kernel::span::Span;
use crate::purchases::customer::Email;

/// Maximum number of recipients of a notification.
pub(super) const MAX_RECIPIENTS: usize = 20;

/// Where an execution continues after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At the step with this position.
    Step(usize),
    /// Nowhere; the execution ends.
    End,
}

/// Action of a step. Every text that the action sends is a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    ChangeSet(SetChange),
    SendEmail {
        subject: String,
        html: Option<String>,
        /// Plain-text body. If absent, the plain-text body is made from the HTML body.
        text: Option<String>,
    },
    /// Sends a message to the shop's own team.
    Notify(Notification),
    /// Posts to a URL, with a signature.
    Webhook {
        url: String,
        body: Body,
    },
    PauseCoupon {
        /// Coupon to pause; the coupon of the event if absent.
        coupon_id: Option<CouponId>,
    },
    ReplaceWithBackupCoupon,
    /// Creates a coupon with an unguessable code that can be redeemed once.
    GenerateCoupon(Box<NewCoupon>),
    /// Postpones the expiry of a coupon.
    ExtendCoupon {
        /// Coupon to extend; the coupon of the event if absent.
        coupon_id: Option<CouponId>,
        /// Time to add to the current expiry, or to the present if the expiry has passed.
        by: Span,
    },
    /// Permits more redemptions of a coupon.
    RaiseLimit {
        /// Coupon to change; the coupon of the event if absent.
        coupon_id: Option<CouponId>,
        /// Number of additional redemptions.
        by: i64,
    },
    /// Starts another workflow for the same event and contact.
    StartWorkflow {
        workflow_id: WorkflowId,
    },
    /// Cancels the contact's execution of a workflow.
    StopWorkflow {
        /// Workflow to stop; this workflow if absent.
        workflow_id: Option<WorkflowId>,
    },
    /// Waits for a time, until an instant, or until a window opens.
    Wait(Wait),
    /// Waits for an event or a change of the contact, up to a timeout.
    WaitForEvent {
        condition: WaitCondition,
        timeout: TimeDelta,
        /// Where the execution continues: the first if the condition was met, the second on
        /// timeout.
        branches: [Next; 2],
    },
    /// Takes the first branch whose filter matches the event and the contact's current data. If no
    /// filter matches, takes the last branch.
    Branch {
        /// One filter for each branch except the last.
        filters: Vec<Filter>,
        branches: Vec<Next>,
    },
    /// Takes one of several branches at random. For the same contact it is always the same branch.
    RandomSplit {
        /// Relative weight of each branch.
        weights: Vec<u32>,
        branches: Vec<Next>,
    },
    /// For each contact of an audience, starts an execution of the steps inside this step.
    ForEachContact {
        audience: Audience,
        /// Position of the first step inside this step.
        first: usize,
    },
    /// Sends an e-mail about the failure of the execution. Comes from the workflow's `on_failure`,
    /// not from a step of the document.
    Alert {
        to: Vec<Email>,
    },
    /// Goal of the workflow. When its condition is met, an execution at any earlier step jumps to the goal.
    Goal {
        condition: WaitCondition,
        /// What happens to an execution that reaches the goal before the condition is met.
        if_not_met: NotMet,
    },
}

/// Body of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The event, as published on the bus.
    Event,
    /// JSON value whose texts are templates.
    Json(serde_json::Value),
    /// Template that renders to JSON.
    JsonText(String),
    /// Template of plain text.
    Text(String),
}

impl Body {
    /// Media type of the body.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Event | Self::Json(_) | Self::JsonText(_) => "application/json",
            Self::Text(_) => "text/plain; charset=utf-8",
        }
    }
}

/// Message to the shop's own team, with one variant per channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    Email {
        to: Vec<Email>,
        subject: String,
        text: String,
    },
    /// A webhook that accepts Slack's message format.
    Slack {
        url: String,
        text: String,
    },
    Topic {
        topic_arn: String,
        /// Subject, for subscribers by e-mail.
        subject: Option<String>,
        text: String,
    },
}

/// Coupon that a step generates.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCoupon {
    /// Terms, except the code, the limit of one redemption, the expiry and the permitted customer.
    pub terms: Terms,
    /// Prefix of the code.
    pub prefix: String,
    /// Time from the creation to the expiry.
    pub expires_in: Option<Span>,
    /// Whether only this contact can use the coupon.
    pub only_for_contact: bool,
}

/// Length of a wait.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// Fixed duration.
    For(TimeDelta),
    /// Until an instant.
    Until {
        /// Template that renders to an instant in RFC 3339, such as `{{coupon.expires_at}}`.
        instant: String,
        /// Time zone for an instant without an offset.
        zone: Option<ZoneName>,
        /// How long before the instant the wait ends.
        earlier: TimeDelta,
    },
    /// Until a weekly window is open.
    Window(Window),
}

/// What happens to an execution that reaches a goal before its condition is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMet {
    /// The execution continues after the goal.
    Continue,
    /// The execution waits for the condition, for a year at most, and then ends.
    Wait,
    /// The execution ends.
    End,
}

impl Action {
    /// The step's `type`; `alert` for an alert.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ChangeSet(SetChange::AddTag(_)) => "add_tag",
            Self::ChangeSet(SetChange::RemoveTag(_)) => "remove_tag",
            Self::ChangeSet(SetChange::AddToList(_)) => "add_to_list",
            Self::ChangeSet(SetChange::RemoveFromList(_)) => "remove_from_list",
            Self::SendEmail { .. } => "send_email",
            Self::Notify(_) => "notify",
            Self::Webhook { .. } => "webhook",
            Self::PauseCoupon { .. } => "pause_coupon",
            Self::ReplaceWithBackupCoupon => "replace_with_backup_coupon",
            Self::GenerateCoupon(_) => "generate_coupon",
            Self::ExtendCoupon { .. } => "extend_coupon",
            Self::RaiseLimit { .. } => "raise_limit",
            Self::StartWorkflow { .. } => "start_workflow",
            Self::StopWorkflow { .. } => "stop_workflow",
            Self::Wait(_) => "wait",
            Self::WaitForEvent { .. } => "wait_for_event",
            Self::Branch { .. } => "branch",
            Self::RandomSplit { .. } => "random_split",
            Self::ForEachContact { .. } => "for_each_contact",
            Self::Goal { .. } => "goal",
            Self::Alert { .. } => "alert",
        }
    }

    /// Whether an interrupted step may be repeated, because performing the step twice has the same
    /// effect as performing it once. A message is not repeatable, because the recipient would get
    /// the message twice. A webhook is repeatable, because its receiver can recognise duplicates by
    /// the message id. Every variant is listed, so that a new action requires this decision.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::SendEmail { .. } | Self::Notify(_) | Self::Alert { .. } => false,
            Self::ChangeSet(_)
            | Self::Webhook { .. }
            | Self::PauseCoupon { .. }
            | Self::ReplaceWithBackupCoupon
            | Self::GenerateCoupon(_)
            | Self::ExtendCoupon { .. }
            | Self::RaiseLimit { .. }
            | Self::StartWorkflow { .. }
            | Self::StopWorkflow { .. }
            | Self::Wait(_)
            | Self::WaitForEvent { .. }
            | Self::Branch { .. }
            | Self::RandomSplit { .. }
            | Self::ForEachContact { .. }
            | Self::Goal { .. } => true,
        }
    }

    /// Whether the step is a wait that must end before the next steps run. If such a step fails or
    /// is skipped, the next steps do not run.
    pub fn gates_later_steps(&self) -> bool {
        match self {
            Self::Wait(_) | Self::WaitForEvent { .. } | Self::Goal { if_not_met: NotMet::Wait, .. } => true,
            Self::Goal { if_not_met: NotMet::Continue | NotMet::End, .. }
            | Self::ChangeSet(_)
            | Self::SendEmail { .. }
            | Self::Notify(_)
            | Self::Webhook { .. }
            | Self::PauseCoupon { .. }
            | Self::ReplaceWithBackupCoupon
            | Self::GenerateCoupon(_)
            | Self::ExtendCoupon { .. }
            | Self::RaiseLimit { .. }
            | Self::StartWorkflow { .. }
            | Self::StopWorkflow { .. }
            | Self::Branch { .. }
            | Self::RandomSplit { .. }
            | Self::ForEachContact { .. }
            | Self::Alert { .. } => false,
        }
    }

    /// Returns the branches of the step. Empty if the execution always continues at the next step.
    pub fn branches(&self) -> &[Next] {
        match self {
            Self::WaitForEvent { branches, .. } => branches,
            Self::Branch { branches, .. } | Self::RandomSplit { branches, .. } => branches,
            Self::ChangeSet(_)
            | Self::SendEmail { .. }
            | Self::Notify(_)
            | Self::Webhook { .. }
            | Self::PauseCoupon { .. }
            | Self::ReplaceWithBackupCoupon
            | Self::GenerateCoupon(_)
            | Self::ExtendCoupon { .. }
            | Self::RaiseLimit { .. }
            | Self::StartWorkflow { .. }
            | Self::StopWorkflow { .. }
            | Self::Wait(_)
            | Self::ForEachContact { .. }
            | Self::Alert { .. }
            | Self::Goal { .. } => &[],
        }
    }

    pub(super) fn branches_mut(&mut self) -> &mut [Next] {
        match self {
            Self::WaitForEvent { branches, .. } => branches,
            Self::Branch { branches, .. } | Self::RandomSplit { branches, .. } => branches,
            Self::ChangeSet(_)
            | Self::SendEmail { .. }
            | Self::Notify(_)
            | Self::Webhook { .. }
            | Self::PauseCoupon { .. }
            | Self::ReplaceWithBackupCoupon
            | Self::GenerateCoupon(_)
            | Self::ExtendCoupon { .. }
            | Self::RaiseLimit { .. }
            | Self::StartWorkflow { .. }
            | Self::StopWorkflow { .. }
            | Self::Wait(_)
            | Self::ForEachContact { .. }
            | Self::Alert { .. }
            | Self::Goal { .. } => &mut [],
        }
    }

    /// Returns the index of the branch that a random split takes. `draw` is derived from the
    /// contact, or from the execution if there is no contact. Therefore a repeated step takes the
    /// same branch.
    pub fn pick_branch(weights: &[u32], draw: u64) -> usize {
        let total: u64 = weights.iter().copied().map(u64::from).sum();
        let mut left = draw % total.max(1);
        for (way, weight) in weights.iter().copied().map(u64::from).enumerate() {
            match left.checked_sub(weight) {
                None => return way,
                Some(rest) => left = rest,
            }
        }
        weights.len().saturating_sub(1)
    }
}
