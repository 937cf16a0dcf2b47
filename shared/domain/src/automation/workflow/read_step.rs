//! Reading of steps: converts the tree of the document into a list in which each step refers to the next one.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::Value;

use super::review_findings::ReviewFindings;
use super::step::{ALERT, Next, Step};
use super::trigger::Trigger;
use crate::automation::actions::{Action, MAX_STEP_ID, MAX_STEPS, Nested, ReadingContext, StepKind, StepReader, Wait};
use crate::automation::template::Scope;
use crate::delivery::webhook::UrlPolicy;
use crate::kernel::input::{Errors, Field};

/// Maximum nesting of steps.
const MAX_DEPTH: usize = 8;

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

/// Action that was read, with the branches of its step and the open ends after it.
struct ReadAction {
    action: Action,
    branches: Vec<Next>,
    open_ends: Vec<OpenEnd>,
}

struct Reader<'m> {
    context: ReadingContext<'m>,
    seen: HashSet<String>,
    steps: Vec<Step>,
}

pub(super) fn steps(
    field: &Field<'_>,
    trigger: Option<Trigger>,
    url_policy: UrlPolicy,
    findings: &mut ReviewFindings,
    errors: &mut Errors,
) -> Option<Vec<Step>> {
    let trigger = trigger.unwrap_or(Trigger::Manual);
    let context =
        ReadingContext { trigger, scope: Scope::of(trigger), depth: 0, has_contact: false, url_policy, findings };
    let mut reader = Reader { context, seen: HashSet::from([ALERT.to_owned()]), steps: Vec::new() };
    reader.block(field, 1, errors)?;
    match reader.steps.len() {
        0..=MAX_STEPS => Some(reader.steps),
        _ => field.reject(format_args!("must have at most {MAX_STEPS} steps, including nested ones"), errors),
    }
}

impl Reader<'_> {
    fn block(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        if self.context.depth > MAX_DEPTH {
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
                OpenEnd::Branch(step, way) => self.steps[step].branches[way] = Next::Step(place),
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
        self.steps.push(Step {
            id: id.clone().unwrap_or_default(),
            action: Action::Wait(Wait::For(TimeDelta::zero())),
            next: Next::End,
            branches: Vec::new(),
            pointer: field.pointer().to_owned(),
        });
        let kind = self.kind(field, errors);
        let read = kind.and_then(|kind| self.action(kind, place, field, errors));
        self.add_outputs(field, kind, read.as_ref().map(|read| &read.action));
        let read = read?;
        id?;
        self.steps[place].action = read.action;
        self.steps[place].branches = read.branches;
        Some(read.open_ends)
    }

    fn kind(&self, field: &Field<'_>, errors: &mut Errors) -> Option<StepKind> {
        let name = field.get("type").parse(|kind| Ok::<_, String>(kind.to_owned()), errors)?;
        let kind = StepKind::in_document(&name);
        kind.or_else(|| {
            let known: Vec<&str> = StepKind::IN_DOCUMENTS.iter().map(|kind| kind.into_str()).collect();
            field.get("type").reject(format_args!("must be one of {}", known.join(", ")), errors)
        })
    }

    /// Reads the action of a step and the steps nested in it.
    fn action(&mut self, kind: StepKind, place: usize, field: &Field<'_>, errors: &mut Errors) -> Option<ReadAction> {
        let mut reader = StepReader::new(field, place, &mut self.context);
        let action = Action::read(kind, &mut reader, errors);
        let straight = vec![OpenEnd::After(place)];
        match reader.into_nested() {
            Nested::None => Some(ReadAction { action: action?, branches: Vec::new(), open_ends: straight }),
            Nested::Branches(lists) => {
                let (branches, open_ends) = self.branches(place, &lists, errors)?;
                Some(ReadAction { action: action?, branches, open_ends })
            }
            Nested::PerContact(steps) => {
                let inside = self.context.scope.clone().with_contact();
                let outside = std::mem::replace(&mut self.context.scope, inside);
                self.context.has_contact = true;
                let block = self.within(&steps, 1, errors);
                self.context.has_contact = false;
                self.context.scope = outside;
                // The open ends inside are not linked to a next step, because the execution of each
                // contact ends there.
                block?;
                Some(ReadAction { action: action?, branches: Vec::new(), open_ends: straight })
            }
        }
    }

    /// Adds the outputs of a step to the scope of later steps. If the step can't be read, the
    /// outputs of its kind are added, so that no further faults are reported for texts that use
    /// these outputs.
    fn add_outputs(&mut self, field: &Field<'_>, kind: Option<StepKind>, action: Option<&Action>) {
        let Some(id) = field.get("id").value().and_then(Value::as_str) else { return };
        match (action, kind) {
            (Some(action), _) => self.context.scope.add_step(id, &action.outputs()),
            (None, Some(kind)) => self.context.scope.add_step(id, kind.properties().outputs),
            (None, None) => self.context.scope.add_unreadable_step(id),
        }
    }

    fn within(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        self.context.depth += 1;
        let block = self.block(field, least, errors);
        self.context.depth -= 1;
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

pub(super) fn parse_id(text: &str) -> Result<String, String> {
    let of_the_alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts_well && text.len() <= MAX_STEP_ID && text.bytes().all(of_the_alphabet) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be 1 to {MAX_STEP_ID} lower-case letters, digits or underscores, and start with a letter"))
    }
}
