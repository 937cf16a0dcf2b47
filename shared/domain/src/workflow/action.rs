//! What a step does.

use chrono::TimeDelta;

use super::wait_condition::WaitCondition;
use super::window::Window;
use crate::audience::Audience;
use crate::contact::SetChange;
use crate::coupon::{Terms, ZoneName};
use crate::customer::Email;
use crate::filter::Filter;
use crate::ids::{CouponId, WorkflowId};
use crate::span::Span;

/// Where an execution goes on after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// With the step at this place.
    Step(usize),
    /// Nowhere: it has ended.
    End,
}

/// What a step does. Every text that is sent is a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Changes the contact's tags or lists.
    ChangeSet(SetChange),
    /// Sends an e-mail to the contact.
    SendEmail {
        /// Subject line.
        subject: String,
        /// HTML body.
        html: Option<String>,
        /// Plain-text body; made from the HTML where there is none.
        text: Option<String>,
    },
    /// Tells colleagues.
    Notify(Notification),
    /// Posts to a web address, signed.
    Webhook {
        /// Where to.
        url: String,
        /// What.
        body: Body,
    },
    /// Pauses a coupon.
    PauseCoupon {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
    },
    /// Activates the backup coupon of the event's coupon.
    ReplaceWithBackupCoupon,
    /// Makes a coupon that can be redeemed once, with a code that nobody guesses.
    GenerateCoupon(Box<NewCoupon>),
    /// Moves a coupon's expiry on.
    ExtendCoupon {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
        /// By how much, from its expiry or, where that has passed, from now.
        by: Span,
    },
    /// Permits more redemptions of a coupon.
    RaiseLimit {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
        /// How many more.
        by: i64,
    },
    /// Starts another workflow for the same event and contact.
    StartWorkflow {
        /// Which.
        workflow_id: WorkflowId,
    },
    /// Cancels the contact's execution of a workflow.
    StopWorkflow {
        /// Which; this one where absent.
        workflow_id: Option<WorkflowId>,
    },
    /// Lets time pass.
    Wait(Wait),
    /// Waits until something happens, or for so long. Ways: it happened, it did not.
    WaitForEvent {
        /// What is waited for.
        condition: WaitCondition,
        /// For how long.
        timeout: TimeDelta,
        /// Where it goes on.
        ways: [Next; 2],
    },
    /// Goes the first way whose filter wants the event and the contact as they are then; the last where none does.
    Branch {
        /// A filter for each way but the last.
        filters: Vec<Filter>,
        /// Where it goes on.
        ways: Vec<Next>,
    },
    /// Goes one of some ways, for each contact always the same.
    RandomSplit {
        /// How much of all goes each way.
        weights: Vec<u32>,
        /// Where it goes on.
        ways: Vec<Next>,
    },
    /// Begins an execution of the steps inside for each contact of an audience.
    ForEachContact {
        /// Whose.
        audience: Audience,
        /// The first step inside.
        first: usize,
    },
    /// Tells that the execution has failed; written as the workflow's `on_failure`, not as a step.
    Alert {
        /// Whom.
        to: Vec<Email>,
    },
    /// What the workflow is for: when it happens, an execution goes on here, whatever it is doing.
    Goal {
        /// What has to happen.
        condition: WaitCondition,
        /// What becomes of an execution that comes here before it has happened.
        otherwise: NotMet,
    },
}

/// What a webhook posts.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The event as it stands on the bus.
    Event,
    /// A JSON value whose texts are templates.
    Json(serde_json::Value),
    /// A template that renders to JSON.
    JsonText(String),
    /// A template of a plain text.
    Text(String),
}

impl Body {
    /// The media type of what is posted.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Event | Self::Json(_) | Self::JsonText(_) => "application/json",
            Self::Text(_) => "text/plain; charset=utf-8",
        }
    }
}

/// How colleagues are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// By e-mail.
    Email {
        /// Recipients.
        to: Vec<Email>,
        /// Subject line.
        subject: String,
        /// Plain-text body.
        text: String,
    },
    /// By a webhook that takes what Slack's takes.
    Slack {
        /// The webhook's address.
        url: String,
        /// The message.
        text: String,
    },
    /// By an SNS topic.
    Topic {
        /// The topic's ARN.
        topic_arn: String,
        /// Subject, for subscribers by e-mail.
        subject: Option<String>,
        /// The message.
        text: String,
    },
}

/// What a generated coupon is like.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCoupon {
    /// Its terms, but for the code, the limit of one redemption, the expiry and whom it is for.
    pub terms: Terms,
    /// What its code begins with.
    pub prefix: String,
    /// How long it is good for.
    pub expires_in: Option<Span>,
    /// Whether only this contact can use it.
    pub only_for_contact: bool,
}

/// How long a wait is.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// So long.
    For(TimeDelta),
    /// Until an instant: a template of one, in RFC 3339, such as `{{coupon.expires_at}}`.
    Until {
        /// The template.
        instant: String,
        /// The zone of an instant without an offset.
        zone: Option<ZoneName>,
        /// So much earlier.
        earlier: TimeDelta,
    },
    /// Until a window of the week is open.
    Window(Window),
}

/// What becomes of an execution that comes to a goal that was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMet {
    /// It goes on.
    Continue,
    /// It waits for it, for a year at most, and ends where it was not met by then.
    Wait,
    /// It ends.
    End,
}

impl Action {
    /// The step's `type`.
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

    /// Whether a step that was cut off may be done again, because doing it twice is like doing it once. A message is not:
    /// it is received twice. A webhook is, since its receiver knows it by its id. Every variant is listed, so that nobody
    /// adds an action without this decision.
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

    /// Whether what follows is for later: until this has been waited for, nothing does, whatever went wrong.
    pub fn holds_back(&self) -> bool {
        match self {
            Self::Wait(_) | Self::WaitForEvent { .. } | Self::Goal { otherwise: NotMet::Wait, .. } => true,
            Self::Goal { otherwise: NotMet::Continue | NotMet::End, .. }
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

    /// Where it can go on, where that is not simply the next step.
    pub fn ways(&self) -> &[Next] {
        match self {
            Self::WaitForEvent { ways, .. } => ways,
            Self::Branch { ways, .. } | Self::RandomSplit { ways, .. } => ways,
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

    pub(super) fn ways_mut(&mut self) -> &mut [Next] {
        match self {
            Self::WaitForEvent { ways, .. } => ways,
            Self::Branch { ways, .. } | Self::RandomSplit { ways, .. } => ways,
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

    /// Which way a random split goes for a contact, or for an execution without one: by a draw that depends on nothing
    /// else, so it is the same whenever it is made.
    pub fn drawn_way(weights: &[u32], draw: u64) -> usize {
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
