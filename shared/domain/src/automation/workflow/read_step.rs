//! Reading of steps: converts the tree of the document into a list in which each step refers to the next one.

mod control_flow;
mod effect;
mod wait;

pub use effect::PER_COUPON_TERMS;

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::Value;

use super::action::{Action, Next, Wait};
use super::output::outputs_of;
use super::remarks::ReviewFindings;
use super::step::{ALERT, STEP_TYPES, Step};
use super::trigger::Trigger;
use crate::automation::template::Scope;
use crate::delivery::webhook::UrlPolicy;
use crate::kernel::input::{Errors, Field, FieldError};

/// Maximum number of steps in one workflow, including nested ones.
const MAX_STEPS: usize = 100;

/// Maximum nesting of steps.
const MAX_DEPTH: usize = 8;

/// Maximum number of characters of a template that renders to one line.
const MAX_SUBJECT: usize = 500;

const MIN_WAIT: TimeDelta = TimeDelta::seconds(1);

/// Open end: a step, or a branch of a step, whose next step is not known yet.
#[derive(Clone, Copy)]
enum OpenEnd {
    /// After the step at this position.
    After(usize),
    /// In a branch without steps: position of the step, and index of the branch.
    Branch(usize, usize),
}

/// List of steps that was read: the position of the first step, and the open ends after the last
/// step.
struct Block {
    first: Option<usize>,
    open_ends: Vec<OpenEnd>,
}

pub(super) struct Reader<'r> {
    trigger: Trigger,
    scope: Scope,
    seen: HashSet<String>,
    steps: Vec<Step>,
    depth: usize,
    has_contact: bool,
    url_policy: UrlPolicy,
    remarks: &'r mut ReviewFindings,
}

pub(super) fn steps(
    field: &Field<'_>,
    trigger: Option<Trigger>,
    url_policy: UrlPolicy,
    remarks: &mut ReviewFindings,
    errors: &mut Errors,
) -> Option<Vec<Step>> {
    let trigger = trigger.unwrap_or(Trigger::Manual);
    let mut reader = Reader {
        trigger,
        scope: Scope::of(trigger),
        seen: HashSet::from([ALERT.to_owned()]),
        steps: Vec::new(),
        depth: 0,
        has_contact: false,
        url_policy,
        remarks,
    };
    reader.block(field, 1, errors)?;
    match reader.steps.len() {
        0..=MAX_STEPS => Some(reader.steps),
        _ => field.reject(format_args!("must have at most {MAX_STEPS} steps, including nested ones"), errors),
    }
}

impl Reader<'_> {
    fn block(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        if self.depth > MAX_DEPTH {
            return field.reject(format_args!("steps must be nested at most {MAX_DEPTH} deep"), errors);
        }
        let mut block = Block { first: None, open_ends: Vec::new() };
        let read = field.list(least..=MAX_STEPS, errors, |field, errors| {
            let place = self.steps.len();
            block.first.get_or_insert(place);
            self.link(&block.open_ends, place);
            block.open_ends = self.step(field, errors)?;
            Some(())
        });
        read.map(|_| block)
    }

    fn link(&mut self, open_ends: &[OpenEnd], place: usize) {
        for end in open_ends {
            match *end {
                OpenEnd::After(step) => self.steps[step].next = Next::Step(place),
                OpenEnd::Branch(step, way) => self.steps[step].action.branches_mut()[way] = Next::Step(place),
            }
        }
    }

    /// Reads a step and the steps nested in it. Returns the open ends after it.
    fn step(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<Vec<OpenEnd>> {
        field.any_object(errors)?;
        let place = self.steps.len();
        let id = field.get("id").parse(parse_id, errors);
        let id = match id {
            Some(id) if !self.seen.insert(id.clone()) => {
                field.get("id").reject("must be unique; another step has this id", errors)
            }
            id => id,
        };
        // Nested steps follow their parent in the list, so the parent gets its position before it is read.
        let placeholder = Action::Wait(Wait::For(TimeDelta::zero()));
        let pointer = field.pointer().to_owned();
        self.steps.push(Step { id: id.clone().unwrap_or_default(), action: placeholder, next: Next::End, pointer });
        let kind = field.get("type").parse(|kind| Ok::<_, String>(kind.to_owned()), errors);
        let action = kind.as_deref().and_then(|kind| self.action(kind, place, field, errors));
        let action = self.with_outputs(field, kind.as_deref(), action);
        let (action, open_ends) = action?;
        id?;
        self.steps[place].action = action;
        Some(open_ends)
    }

    /// Adds the outputs of a step to the scope of later steps. If the step can't be read, the
    /// outputs of its type are added, so that no further faults are reported for texts that use
    /// these outputs.
    fn with_outputs<T>(
        &mut self,
        field: &Field<'_>,
        kind: Option<&str>,
        read: Option<(Action, T)>,
    ) -> Option<(Action, T)> {
        let Some(id) = field.get("id").value().and_then(Value::as_str) else { return read };
        match (&read, kind) {
            (Some((action, _)), _) => self.scope.add_step(id, &action.outputs()),
            (None, Some(kind)) if STEP_TYPES.contains(&kind) => self.scope.add_step(id, outputs_of(kind)),
            (None, _) => self.scope.add_unreadable_step(id),
        }
        read
    }

    /// Rejects a step that requires a contact if executions never have a contact at this step.
    fn needs_contact(&mut self, field: &Field<'_>) {
        if self.has_contact || self.trigger.may_have_contact() {
            return;
        }
        let detail = format!(
            "requires a contact, but {} events name no customer; put the step into a for_each_contact",
            self.trigger.name()
        );
        self.remarks.faults.push(FieldError { pointer: field.get("type").pointer().to_owned(), detail });
    }

    fn within(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        self.depth += 1;
        let block = self.block(field, least, errors);
        self.depth -= 1;
        block
    }

    /// Reads the branches of a step. Returns the start of each branch, and the open ends of all
    /// branches.
    fn branches(
        &mut self,
        place: usize,
        lists: &[Field<'_>],
        errors: &mut Errors,
    ) -> Option<(Vec<Next>, Vec<OpenEnd>)> {
        let mut branches = Vec::new();
        let mut open_ends = Vec::new();
        for (way, list) in lists.iter().enumerate() {
            let block = match list.is_absent() {
                true => Some(Block { first: None, open_ends: Vec::new() }),
                false => self.within(list, 0, errors),
            };
            branches.push(block.map(|block| {
                open_ends.extend(block.open_ends);
                match block.first {
                    Some(first) => Next::Step(first),
                    None => {
                        open_ends.push(OpenEnd::Branch(place, way));
                        Next::End
                    }
                }
            }));
        }
        Some((branches.into_iter().collect::<Option<_>>()?, open_ends))
    }
}

/// Rejects members that this type of step does not have.
fn members(field: &Field<'_>, known: &[&str], errors: &mut Errors) -> Option<()> {
    field.object(&[&["id", "type"], known].concat(), errors)
}

fn parse_id(text: &str) -> Result<String, &'static str> {
    let of_the_alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts_well && text.len() <= 40 && text.bytes().all(of_the_alphabet) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 40 lower-case letters, digits or underscores, and start with a letter")
    }
}
