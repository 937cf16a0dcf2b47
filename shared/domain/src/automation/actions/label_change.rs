//! Common parts of the steps that change the tags and lists of the contact.

use serde_json::{Map, Value, json};

use super::effect::{ShowInput, members};
use super::reader::StepReader;
use super::step_action::{KindProperties, RetrySchedule};
use super::step_schema::step;
use crate::contacts::contact::SetChange;
use crate::kernel::input::Errors;
use crate::kernel::label::Label;

pub(super) const PROPERTIES: KindProperties =
    KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

/// Reads the name of a tag or a list.
pub(super) fn read(step: &mut StepReader<'_, '_, '_>, member: &str, errors: &mut Errors) -> Option<Label> {
    step.needs_contact();
    let known = step.members(&[member], errors);
    let name = step.get(member).parse(Label::parse, errors)?;
    known.map(|()| name)
}

/// Schema of a step whose only member is the name of a tag or a list.
pub(super) fn schema(title: &str, kind: &str, description: &str, member: &str) -> Value {
    let name = Label::schema(&format!("Name of the {member}."));
    step(title, kind, description, &[member], &[(member, name)])
}

/// Change of the contact's tags or lists, as the effect of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLabels(pub SetChange);

impl ShowInput for ChangeLabels {
    fn input(&self) -> Map<String, Value> {
        match &self.0 {
            SetChange::AddTag(tag) | SetChange::RemoveTag(tag) => members([("tag", json!(tag))]),
            SetChange::AddToList(list) | SetChange::RemoveFromList(list) => members([("list", json!(list))]),
        }
    }
}
