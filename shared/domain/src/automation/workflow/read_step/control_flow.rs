//! Reading of steps that contain other steps or wait for a condition.

use super::{MIN_WAIT, OpenEnd, Reader, members};
use crate::automation::filter::Filter;
use crate::automation::workflow::action::{Action, NotMet};
use crate::automation::workflow::step::MAX_WAIT;
use crate::automation::workflow::wait_condition::WaitCondition;
use crate::contacts::audience::Audience;
use crate::kernel::input::{Errors, Field};
use crate::kernel::span::Span;

const MAX_WAYS: usize = 20;

impl Reader<'_> {
    /// Reads the action of a step and the steps nested in it. Returns the open ends after it.
    pub(super) fn action(
        &mut self,
        kind: &str,
        place: usize,
        field: &Field<'_>,
        errors: &mut Errors,
    ) -> Option<(Action, Vec<OpenEnd>)> {
        let straight = |action: Action| (action, vec![OpenEnd::After(place)]);
        match kind {
            "wait_for_event" => {
                self.needs_contact(field);
                let known = [&["timeout", "then", "on_timeout"], WaitCondition::MEMBERS].concat();
                members(field, &known, errors)?;
                let condition = WaitCondition::read(field, &self.scope, errors);
                let timeout = Span::read(&field.get("timeout"), MIN_WAIT..=MAX_WAIT, errors);
                let (branches, open_ends) =
                    self.branches(place, &[field.get("then"), field.get("on_timeout")], errors)?;
                let branches = [*branches.first()?, *branches.get(1)?];
                let (condition, timeout) = (condition?, timeout?.delta());
                Some((Action::WaitForEvent { condition, timeout, branches }, open_ends))
            }
            "branch" => {
                members(field, &["branches", "else"], errors)?;
                let trigger = self.trigger;
                let has_contact = self.has_contact;
                let mut lists = Vec::new();
                let filters = field.get("branches").list(1..=MAX_WAYS, errors, |field, errors| {
                    field.object(&["filters", "steps"], errors)?;
                    lists.push(field.get("steps"));
                    let filters = field.get("filters");
                    if filters.is_absent() {
                        return filters.reject("is required; for contacts that match no branch, use else", errors);
                    }
                    Filter::read_within(&filters, trigger, has_contact, errors)
                });
                lists.push(field.get("else"));
                let (branches, open_ends) = self.branches(place, &lists, errors)?;
                Some((Action::Branch { filters: filters?, branches }, open_ends))
            }
            "random_split" => {
                members(field, &["branches"], errors)?;
                let mut lists = Vec::new();
                let weights = field.get("branches").list(2..=MAX_WAYS, errors, |field, errors| {
                    field.object(&["weight", "steps"], errors)?;
                    lists.push(field.get("steps"));
                    field.get("weight").integer(1..=1_000_000, errors).and_then(|weight| u32::try_from(weight).ok())
                });
                let (branches, open_ends) = self.branches(place, &lists, errors)?;
                Some((Action::RandomSplit { weights: weights?, branches }, open_ends))
            }
            "for_each_contact" => {
                members(field, &["audience", "steps"], errors)?;
                if self.has_contact {
                    return field.get("type").reject("can't be within another for_each_contact", errors);
                }
                let audience = Audience::read(&field.get("audience"), errors);
                let inside = self.scope.clone().with_contact();
                let outside = std::mem::replace(&mut self.scope, inside);
                self.has_contact = true;
                let block = self.within(&field.get("steps"), 1, errors);
                self.has_contact = false;
                self.scope = outside;
                // The open ends inside are not linked to a next step, because the execution of each
                // contact ends there.
                let first = block?.first?;
                Some(straight(Action::ForEachContact { audience: audience?, first }))
            }
            "goal" => {
                self.needs_contact(field);
                let known = [&["if_not_met"], WaitCondition::MEMBERS].concat();
                members(field, &known, errors)?;
                if self.depth > 0 {
                    return field.get("type").reject(
                        "can't be nested in another step; put the goal at the top level of the workflow",
                        errors,
                    );
                }
                let if_not_met =
                    field.get("if_not_met").optional(errors, |field, errors| field.parse(parse_not_met, errors));
                let condition = WaitCondition::read(field, &self.scope, errors);
                let (condition, if_not_met) = (condition?, if_not_met?.unwrap_or(NotMet::Continue));
                Some(straight(Action::Goal { condition, if_not_met }))
            }
            _ => self.effect(kind, field, errors).map(straight),
        }
    }
}

fn parse_not_met(text: &str) -> Result<NotMet, &'static str> {
    match text {
        "continue" => Ok(NotMet::Continue),
        "wait" => Ok(NotMet::Wait),
        "end" => Ok(NotMet::End),
        _ => Err("must be \"continue\", \"wait\" or \"end\""),
    }
}
