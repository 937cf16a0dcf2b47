//! Actions of steps: one file for each type of step, with its members, parsing, request schema, outputs and effect.
//!
//! The tables `actions!` and `effects!` list the actions and their effects. A new action is one line in each table,
//! or one line in the first table if it has the effect of another action.

mod add_tag;
mod add_to_list;
mod alert;
mod awaited;
mod branch;
mod condition_schema;
mod coupon_change;
mod effect;
mod extend_coupon;
mod for_each_contact;
mod generate_coupon;
mod goal;
mod impossible_wait;
mod label_change;
mod mail;
mod notify;
mod pause_coupon;
mod preparation;
mod raise_limit;
mod random_split;
mod reader;
mod remove_from_list;
mod remove_tag;
mod replace_with_backup_coupon;
mod send_email;
mod spans;
mod start_workflow;
mod step_action;
mod step_contents;
mod step_schema;
mod stop_workflow;
mod wait;
mod wait_for_event;
mod webhook;
mod webhook_body;

pub use alert::Alert;
pub use coupon_change::ChangeCoupon;
pub use for_each_contact::ForEachContact;
pub use generate_coupon::{GenerateCoupon, PER_COUPON_TERMS};
pub use goal::{Goal, NotMet};
pub use label_change::ChangeLabels;
pub use mail::Mail;
pub use notify::{Notification, Notify};
pub use replace_with_backup_coupon::ActivateBackup;
pub use start_workflow::StartWorkflow;
pub use step_action::{KindProperties, Reference, RetrySchedule, SampleValues};
pub use stop_workflow::StopExecution;
pub use wait::Wait;
pub use wait_for_event::{Listen, WaitForEvent};
pub use webhook::{Post, Webhook};
pub use webhook_body::Body;

pub(super) use awaited::{Awaited, AwaitedAt};
pub(super) use mail::MAX_RECIPIENTS;
pub(super) use preparation::{EndedStep, Preparation};
pub(super) use reader::{Nested, ReadingContext, StepReader};
pub(super) use step_contents::{Branches, StepContents};
pub(super) use step_schema::{MAX_STEP_ID, MAX_STEPS};
pub(super) use wait_for_event::HAPPENED;

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;

use effect::ShowInput as _;
use step_action::{DocumentStep as _, StepAction};

macro_rules! actions {
    (
        in documents { $($name:ident($action:ty);)* }
        internal { $($internal:ident($internal_action:ty);)* }
    ) => {
        /// Kind of a step. The name is the step's `type`.
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            Serialize,
            Deserialize,
            strum::EnumString,
            strum::IntoStaticStr,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case", const_into_str)]
        pub enum StepKind {
            $($name,)*
            $($internal,)*
        }

        impl StepKind {
            /// Every kind of step that a workflow document can have.
            pub const IN_DOCUMENTS: &'static [StepKind] = &[$(Self::$name,)*];

            /// Properties that all steps of this kind have.
            pub fn properties(self) -> KindProperties {
                match self {
                    $(Self::$name => <$action>::PROPERTIES,)*
                    $(Self::$internal => <$internal_action>::PROPERTIES,)*
                }
            }

            /// Where a step of this kind contains other steps and filters in a workflow document.
            pub(super) fn contents(self) -> StepContents {
                match self {
                    $(Self::$name => <$action>::CONTENTS,)*
                    $(Self::$internal => StepContents::NONE,)*
                }
            }

            /// Returns the request schemas of the steps of this kind: one for each form that a step can have. Empty if
            /// no workflow document can have the step.
            pub fn schemas(self) -> Vec<Value> {
                match self {
                    $(Self::$name => <$action>::schemas(self.into_str()),)*
                    $(Self::$internal => Vec::new(),)*
                }
            }
        }

        /// Action of a step. Every text that the action sends is a template.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Action {
            $($name($action),)*
            $($internal($internal_action),)*
        }

        impl Action {
            /// Reads the action of a step of this kind. `None` if there was an error, or if no workflow document can
            /// have the step.
            pub(super) fn read(
                kind: StepKind,
                step: &mut StepReader<'_, '_, '_>,
                errors: &mut Errors,
            ) -> Option<Self> {
                match kind {
                    $(StepKind::$name => <$action>::read(step, errors).map(Self::$name),)*
                    $(StepKind::$internal => None,)*
                }
            }

            /// Kind of the step.
            pub fn kind(&self) -> StepKind {
                match self {
                    $(Self::$name(_) => StepKind::$name,)*
                    $(Self::$internal(_) => StepKind::$internal,)*
                }
            }

            /// Whether the step is a wait that must end before the next steps run. If such a step fails or
            /// is skipped, the next steps do not run.
            pub fn gates_later_steps(&self) -> bool {
                match self {
                    $(Self::$name(action) => action.gates_later_steps(),)*
                    $(Self::$internal(action) => action.gates_later_steps(),)*
                }
            }

            /// Returns the signal that the step waits for.
            pub(super) fn awaited(&self) -> Option<Awaited<'_>> {
                match self {
                    $(Self::$name(action) => action.awaited(),)*
                    $(Self::$internal(action) => action.awaited(),)*
                }
            }

            /// Returns the outputs of the step. Later steps use an output as `{{steps.<id>.<output>}}`.
            pub fn outputs(&self) -> Vec<StepOutput> {
                match self {
                    $(Self::$name(action) => action.outputs(),)*
                    $(Self::$internal(action) => action.outputs(),)*
                }
            }

            /// Returns sample values of the outputs at `now`, for an event about this coupon.
            pub fn sample_values(&self, coupon: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
                match self {
                    $(Self::$name(action) => action.sample_values(coupon, now),)*
                    $(Self::$internal(action) => action.sample_values(coupon, now),)*
                }
            }

            /// Returns the object that the step refers to by its id.
            pub fn reference(&self) -> Option<Reference<'_>> {
                match self {
                    $(Self::$name(action) => action.reference(),)*
                    $(Self::$internal(action) => action.reference(),)*
                }
            }

            /// Decides and renders the effect of the step.
            ///
            /// # Errors
            /// Returns the outcome of the step if it has no effect.
            pub(super) fn prepare(&self, preparation: &Preparation<'_>) -> Result<Effect, Outcome> {
                match self {
                    $(Self::$name(action) => action.prepare(preparation).map(Effect::from),)*
                    $(Self::$internal(action) => action.prepare(preparation).map(Effect::from),)*
                }
            }
        }
    };
}

macro_rules! effects {
    ($($name:ident($effect:ty);)*) => {
        /// What a step will change or send. Creating an effect changes nothing.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Effect {
            $($name($effect),)*
        }

        $(impl From<$effect> for Effect {
            fn from(effect: $effect) -> Self {
                Self::$name(effect)
            }
        })*

        impl Effect {
            /// Returns the input of the step, as shown in executions and dry runs. Shortens long texts.
            pub fn input(&self) -> Map<String, Value> {
                match self {
                    $(Self::$name(effect) => effect.input(),)*
                }
            }
        }
    };
}

actions! {
    in documents {
        AddTag(add_tag::AddTag);
        RemoveTag(remove_tag::RemoveTag);
        AddToList(add_to_list::AddToList);
        RemoveFromList(remove_from_list::RemoveFromList);
        SendEmail(send_email::SendEmail);
        Notify(Notify);
        Webhook(Webhook);
        PauseCoupon(pause_coupon::PauseCoupon);
        ReplaceWithBackupCoupon(replace_with_backup_coupon::ReplaceWithBackupCoupon);
        GenerateCoupon(GenerateCoupon);
        ExtendCoupon(extend_coupon::ExtendCoupon);
        RaiseLimit(raise_limit::RaiseLimit);
        StartWorkflow(StartWorkflow);
        StopWorkflow(stop_workflow::StopWorkflow);
        Wait(Wait);
        WaitForEvent(WaitForEvent);
        Branch(branch::Branch);
        RandomSplit(random_split::RandomSplit);
        ForEachContact(ForEachContact);
        Goal(Goal);
    }
    internal {
        Alert(Alert);
    }
}

effects! {
    ChangeLabels(ChangeLabels);
    Mail(Mail);
    Notify(Notification);
    Post(Post);
    ChangeCoupon(ChangeCoupon);
    ActivateBackup(ActivateBackup);
    GenerateCoupon(GenerateCoupon);
    StartWorkflow(StartWorkflow);
    StopExecution(StopExecution);
    ForEachContact(ForEachContact);
    Listen(Listen);
}

/// Converts the effect of a step whose type of effect is `Infallible`. Such a step never has an
/// effect.
impl From<Infallible> for Effect {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl StepKind {
    /// Returns the kind with this `type` in a workflow document.
    pub fn in_document(name: &str) -> Option<Self> {
        Self::IN_DOCUMENTS.iter().copied().find(|kind| kind.into_str() == name)
    }
}
