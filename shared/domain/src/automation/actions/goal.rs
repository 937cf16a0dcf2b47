//! The step `goal`.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::awaited::{Awaited, AwaitedAt};
use super::condition_schema::condition_steps;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::spans::MAX_WAIT;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::automation::workflow::WaitCondition;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::optional;

/// Goal of the workflow. When its condition is met, an execution at any earlier step jumps to the goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub condition: WaitCondition,
    /// What happens to an execution that reaches the goal before the condition is met.
    pub if_not_met: NotMet,
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

impl DocumentStep for Goal {
    const CONTENTS: StepContents = StepContents { has_filters: true, ..StepContents::NONE };

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.needs_contact();
        step.members(&[&["if_not_met"], WaitCondition::MEMBERS].concat(), errors)?;
        if step.context.depth > 0 {
            return step
                .get("type")
                .reject("can't be nested in another step; put the goal at the top level of the workflow", errors);
        }
        let if_not_met = step.get("if_not_met").optional(errors, |field, errors| field.parse(NotMet::parse, errors));
        let condition = WaitCondition::read(step.field(), &step.context.scope, errors);
        Some(Self { condition: condition?, if_not_met: if_not_met?.unwrap_or(NotMet::Continue) })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let if_not_met = json!({"title": "GoalPolicy", "type": "string", "enum": ["continue", "wait", "end"], "default": "continue",
            "description": "What happens if the execution reaches the goal before the condition is met. With `wait`, \
                            the execution waits for at most one year and then ends."});
        let description =
            "A goal. As soon as the condition is met, the execution jumps from any earlier step to this step.";
        condition_steps("Goal", kind, description, &[], &[("if_not_met", optional(if_not_met))])
    }
}

impl StepAction for Goal {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: true, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Infallible;

    fn gates_later_steps(&self) -> bool {
        match self.if_not_met {
            NotMet::Wait => true,
            NotMet::Continue | NotMet::End => false,
        }
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        Some(Awaited {
            condition: &self.condition,
            at: AwaitedAt::EarlierSteps,
            timed_out: Outcome::End("the goal was not met within a year".to_owned()),
        })
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Infallible, Outcome> {
        match self.if_not_met {
            NotMet::Continue => Err(Outcome::Skipped("the goal was not met; continuing".to_owned())),
            NotMet::End => Err(Outcome::End("the goal was not met".to_owned())),
            NotMet::Wait => {
                preparation.check_observable(&self.condition)?;
                Err(Outcome::ListenUntil(preparation.started_at + MAX_WAIT))
            }
        }
    }
}

impl NotMet {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "continue" => Ok(Self::Continue),
            "wait" => Ok(Self::Wait),
            "end" => Ok(Self::End),
            _ => Err("must be \"continue\", \"wait\" or \"end\""),
        }
    }
}
