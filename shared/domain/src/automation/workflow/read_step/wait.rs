//! Reading of the step `wait`.

use chrono::TimeDelta;

use super::{MAX_SUBJECT, MIN_WAIT, Reader, members};
use crate::automation::template;
use crate::automation::workflow::action::Wait;
use crate::automation::workflow::impossible_wait;
use crate::automation::workflow::step::MAX_WAIT;
use crate::automation::workflow::window::Window;
use crate::kernel::input::{Errors, Field, FieldError};
use crate::kernel::instants::{ZoneName, parse_instant};
use crate::kernel::span::Span;

impl Reader<'_> {
    pub(super) fn wait(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<Wait> {
        members(field, &["for", "until", "time_zone", "before", "window"], errors)?;
        let given: Vec<&str> =
            ["for", "until", "window"].into_iter().filter(|member| !field.get(member).is_absent()).collect();
        let only_with_until = |member: &str, errors: &mut Errors| match field.get(member).is_absent() {
            true => Some(()),
            false => field.get(member).reject("is only allowed with until; omit this member", errors),
        };
        match given[..] {
            ["until"] => {
                let before = field
                    .get("before")
                    .optional(errors, |field, errors| Span::read(field, MIN_WAIT..=MAX_WAIT, errors));
                let zone =
                    field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
                let until = field.get("until");
                let instant = until.text(1..=MAX_SUBJECT, errors)?;
                let (zone, instant) = (zone?, self.checked(&until, instant, errors)?);
                // A text without merge fields does not depend on an event, so the instant can be
                // checked now.
                if !instant.contains("{{")
                    && let Err(fault) = parse_instant(&instant, zone.as_ref())
                {
                    return field.get("until").reject(fault, errors);
                }
                if let Some(detail) = impossible_wait::fault(&instant, zone.as_ref(), &self.scope) {
                    self.remarks.faults.push(FieldError { pointer: until.pointer().to_owned(), detail });
                }
                let unset = template::fields_without_default(&instant, &self.scope)
                    .into_iter()
                    .find(|name| name.starts_with("steps."));
                if let Some(name) = unset {
                    let detail =
                        format!("uses {{{{{name}}}}}, which may have no value; the execution then ends at this step");
                    self.remarks.warnings.push(FieldError { pointer: until.pointer().to_owned(), detail });
                }
                let earlier = before?.map_or(TimeDelta::zero(), Span::delta);
                Some(Wait::Until { instant, zone, earlier })
            }
            ["window"] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                Window::read(&field.get("window"), errors).map(Wait::Window)
            }
            ["for"] | [] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                let span = Span::read(&field.get("for"), MIN_WAIT..=MAX_WAIT, errors)?;
                Some(Wait::For(span.delta()))
            }
            _ => field.reject("must have exactly one of for, until and window", errors),
        }
    }
}
