//! The step `wait`.

use std::convert::Infallible;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::awaited::Awaited;
use super::impossible_wait;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::spans::{MAX_WAIT, MIN_WAIT};
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template;
use crate::automation::template::{MAX_SUBJECT, OutputKind, StepOutput};
use crate::automation::workflow::Window;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::instants::{ZoneName, parse_instant};
use crate::kernel::json_schema::{optional, reference, text};
use crate::kernel::span::Span;

/// Waits for a time, until an instant, or until a window opens.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// Fixed duration.
    For(TimeDelta),
    /// Until an instant.
    Until(Until),
    /// Until a weekly window is open.
    Window(Window),
}

/// Instant at which a wait ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Until {
    /// Template that renders to an instant in RFC 3339, such as `{{coupon.expires_at}}`.
    pub instant: String,
    /// Time zone for an instant without an offset.
    pub zone: Option<ZoneName>,
    /// How long before the instant the wait ends.
    pub earlier: TimeDelta,
}

impl DocumentStep for Wait {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["for", "until", "time_zone", "before", "window"], errors)?;
        let given: Vec<&str> =
            ["for", "until", "window"].into_iter().filter(|member| !step.get(member).is_absent()).collect();
        let only_with_until = |member: &str, errors: &mut Errors| match step.get(member).is_absent() {
            true => Some(()),
            false => step.get(member).reject("is only allowed with until; omit this member", errors),
        };
        match given[..] {
            ["until"] => Until::read(step, errors).map(Self::Until),
            ["window"] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                Window::read(&step.get("window"), errors).map(Self::Window)
            }
            ["for"] | [] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                let span = Span::read(&step.get("for"), MIN_WAIT..=MAX_WAIT, errors)?;
                Some(Self::For(span.delta()))
            }
            _ => step.field().reject("must have exactly one of for, until and window", errors),
        }
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let duration = |description: &str| Span::schema(description, &(MIN_WAIT..=MAX_WAIT));
        let until = text(
            1..=MAX_SUBJECT,
            "An RFC 3339 instant, or a template that renders to an instant. The instant can be arbitrarily far ahead. \
             If the instant has passed, the step does not wait. If the template renders to nothing, the execution \
             ends, because the steps after a wait never run early. Example: `{{coupon.expires_at}}` renders to nothing \
             for a coupon that never expires. If the wait fails, the execution fails, even with `on_failure` \
             `continue`.",
        );
        let until_instant = [
            ("until", until),
            ("time_zone", optional(ZoneName::schema("Time zone of an instant without an offset."))),
            ("before", optional(duration("How long before the instant the wait ends."))),
        ];
        let for_duration = [("for", duration("Time to wait."))];
        let for_window = [("window", reference("TimeWindow"))];
        vec![
            step("WaitForDurationStep", kind, "Waits for a duration.", &["for"], &for_duration),
            step("WaitUntilInstantStep", kind, "Waits until an instant.", &["until"], &until_instant),
            step("WaitForWindowStep", kind, "Waits until a time window opens.", &["window"], &for_window),
        ]
    }
}

impl StepAction for Wait {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Infallible;

    fn gates_later_steps(&self) -> bool {
        true
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
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
        let until = match self {
            Self::For(duration) => preparation.started_at + *duration,
            Self::Window(window) => {
                let zone = preparation.contact.and_then(|contact| contact.time_zone.as_ref());
                window.opens_at(zone, preparation.now)
            }
            Self::Until(until) => until.instant(preparation)?,
        };
        Err(match until {
            until if until <= preparation.now => Outcome::Completed(Map::new()),
            until => Outcome::WaitUntil(until),
        })
    }
}

impl Until {
    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        let before =
            step.get("before").optional(errors, |field, errors| Span::read(field, MIN_WAIT..=MAX_WAIT, errors));
        let zone = step.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let until = step.get("until");
        let instant = until.text(1..=MAX_SUBJECT, errors)?;
        let (zone, instant) = (zone?, step.checked(&until, instant, errors)?);
        // A text without merge fields does not depend on an event, so the instant can be
        // checked now.
        if !instant.contains("{{")
            && let Err(fault) = parse_instant(&instant, zone.as_ref())
        {
            return until.reject(fault, errors);
        }
        if let Some(detail) = impossible_wait::fault(&instant, zone.as_ref(), &step.context.scope) {
            step.fault(&until, detail);
        }
        let unset = template::fields_without_default(&instant, &step.context.scope)
            .into_iter()
            .find(|name| name.starts_with("steps."));
        if let Some(name) = unset {
            let detail = format!("uses {{{{{name}}}}}, which may have no value; the execution then ends at this step");
            step.warning(&until, detail);
        }
        let earlier = before?.map_or(TimeDelta::zero(), Span::delta);
        Some(Self { instant, zone, earlier })
    }

    /// Returns when the wait ends.
    fn instant(&self, preparation: &Preparation<'_>) -> Result<DateTime<Utc>, Outcome> {
        let text = preparation.render(&self.instant, OutputKind::Line)?;
        let text = text.trim();
        if text.is_empty() {
            let why = "the instant to wait until is empty";
            return Err(Outcome::Skipped(why.to_owned()));
        }
        let instant = parse_instant(text, self.zone.as_ref());
        instant.map(|instant| instant - self.earlier).map_err(|fault| Outcome::Failed(format!("{text:?} {fault}")))
    }
}
