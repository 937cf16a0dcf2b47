//! Reading of edits from requests.

use serde_json::{Map, Value};

use super::change::Edit;
use super::filters_of::FiltersOf;
use super::place::Place;
use crate::automation::actions::MAX_STEPS;
use crate::kernel::input::{Errors, Field, STRING_LENGTH};

/// Permitted lengths of a pointer, in characters.
const POINTER_LENGTH: std::ops::RangeInclusive<usize> = 0..=500;

/// Body of a request that edits a document.
#[derive(Debug, Clone, PartialEq)]
pub struct EditRequest {
    /// Document, which may be incomplete.
    pub document: Value,
    pub edit: Edit,
}

impl EditRequest {
    /// Reads and validates the body.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["document", "edit"], errors)?;
        let document = field.get("document").any_object(errors).and_then(|()| field.get("document").value().cloned());
        let edit = Edit::read(&field.get("edit"), errors);
        Some(Self { document: document?, edit: edit? })
    }
}

/// Types of edits, with their members.
pub(super) const TYPES: [(&str, &[&str]); 14] = [
    ("set_trigger", &["trigger"]),
    ("set_settings", &["settings"]),
    ("add_step", &["step", "at"]),
    ("remove_step", &["step", "drop_empty_list", "force"]),
    ("duplicate_step", &["step"]),
    ("move_step", &["step", "to", "drop_empty_list", "force"]),
    ("rename_step", &["step", "id"]),
    ("set_step", &["step", "members"]),
    ("add_branch", &["step", "index", "branch"]),
    ("remove_branch", &["step", "index", "drop_empty_list", "force"]),
    ("set_branch", &["step", "index", "members"]),
    ("add_filter", &["filters", "group", "index", "filter"]),
    ("remove_filter", &["filters", "at", "drop_empty_list"]),
    ("set_filter", &["filters", "at", "filter"]),
];

fn known_type(text: &str) -> Result<&'static (&'static str, &'static [&'static str]), String> {
    let names = || TYPES.map(|(name, _)| name).join(", ");
    TYPES.iter().find(|(name, _)| *name == text).ok_or_else(|| format!("must be one of {}", names()))
}

impl Edit {
    /// Reads and validates an edit.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.any_object(errors)?;
        let (name, members) = field.get("type").parse(known_type, errors)?;
        field.object(&[&["type"], *members].concat(), errors)?;
        let step = |errors: &mut Errors| text(&field.get("step"), errors);
        let object = |name: &str, errors: &mut Errors| object(&field.get(name), errors);
        let flag = |name: &str, errors: &mut Errors| {
            field.get(name).optional(errors, Field::boolean).map(Option::unwrap_or_default)
        };
        let drop_empty_list = |errors: &mut Errors| flag("drop_empty_list", errors);
        let force = |errors: &mut Errors| flag("force", errors);
        let position = |errors: &mut Errors| position_of(&field.get("index"), errors);
        let filters = |errors: &mut Errors| FiltersOf::read(&field.get("filters"), errors);
        let value = |name: &str| field.get(name).value().filter(|value| !value.is_null()).cloned();
        Some(match *name {
            "set_trigger" => Self::SetTrigger { trigger: value("trigger") },
            "set_settings" => Self::SetSettings { settings: object("settings", errors)? },
            "add_step" => {
                let (step, at) = (object("step", errors), Place::read(&field.get("at"), errors));
                Self::AddStep { step: step?, at: at? }
            }
            "remove_step" => {
                let (step, drop_empty_list, force) = (step(errors), drop_empty_list(errors), force(errors));
                Self::RemoveStep { step: step?, drop_empty_list: drop_empty_list?, force: force? }
            }
            "duplicate_step" => Self::DuplicateStep { step: step(errors)? },
            "move_step" => {
                let (step, to) = (step(errors), Place::read(&field.get("to"), errors));
                let (drop_empty_list, force) = (drop_empty_list(errors), force(errors));
                Self::MoveStep { step: step?, to: to?, drop_empty_list: drop_empty_list?, force: force? }
            }
            "rename_step" => {
                let (step, id) = (step(errors), text(&field.get("id"), errors));
                Self::RenameStep { step: step?, id: id? }
            }
            "set_step" => {
                let (step, members) = (step(errors), object("members", errors));
                Self::SetStep { step: step?, members: members? }
            }
            "add_branch" => {
                let index = field.get("index").optional(errors, position_of);
                let (step, branch) = (step(errors), object("branch", errors));
                Self::AddBranch { step: step?, index: index?, branch: branch? }
            }
            "remove_branch" => {
                let (step, index) = (step(errors), position(errors));
                let (drop_empty_list, force) = (drop_empty_list(errors), force(errors));
                Self::RemoveBranch { step: step?, index: index?, drop_empty_list: drop_empty_list?, force: force? }
            }
            "set_branch" => {
                let (step, index, members) = (step(errors), position(errors), object("members", errors));
                Self::SetBranch { step: step?, index: index?, members: members? }
            }
            "add_filter" => {
                let (filters, group) = (filters(errors), pointer(&field.get("group"), errors));
                let index = field.get("index").optional(errors, position_of);
                let filter = value("filter").or_else(|| {
                    field.get("filter").reject("is required: a condition, or a group such as {\"any\": []}", errors)
                });
                Self::AddFilter { filters: filters?, group: group?, index: index?, filter: filter? }
            }
            "remove_filter" => {
                let (filters, at) = (filters(errors), pointer(&field.get("at"), errors));
                let drop_empty_list = drop_empty_list(errors);
                Self::RemoveFilter { filters: filters?, at: at?, drop_empty_list: drop_empty_list? }
            }
            "set_filter" => {
                let (filters, at) = (filters(errors), pointer(&field.get("at"), errors));
                Self::SetFilter { filters: filters?, at: at?, filter: value("filter") }
            }
            _ => return None,
        })
    }
}

impl Place {
    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let read = field.optional(errors, |field, errors| {
            field.object(&["step", "list", "index"], errors)?;
            let step = field.get("step").optional(errors, text);
            let list = field.get("list").optional(errors, pointer);
            let index = field.get("index").optional(errors, position_of);
            Some(Self { step: step?, list: list?, index: index? })
        });
        read.map(Option::unwrap_or_default)
    }
}

impl FiltersOf {
    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let read = field.optional(errors, |field, errors| {
            field.object(&["step", "branch"], errors)?;
            let step = text(&field.get("step"), errors);
            let branch = field.get("branch").optional(errors, position_of);
            Some(Self { step: Some(step?), branch: branch? })
        });
        read.map(Option::unwrap_or_default)
    }
}

fn text(field: &Field<'_>, errors: &mut Errors) -> Option<String> {
    field.text(STRING_LENGTH, errors).map(str::to_owned)
}

/// Reads a JSON pointer. Absent means empty.
fn pointer(field: &Field<'_>, errors: &mut Errors) -> Option<String> {
    let read = field.optional(errors, |field, errors| {
        let read = field.text(POINTER_LENGTH, errors)?;
        match read.is_empty() || read.starts_with('/') {
            true => Some(read.to_owned()),
            false => field.reject("must be empty, or a JSON pointer that starts with /", errors),
        }
    });
    read.map(Option::unwrap_or_default)
}

fn position_of(field: &Field<'_>, errors: &mut Errors) -> Option<usize> {
    field
        .integer(0..=i64::try_from(MAX_STEPS).unwrap_or(i64::MAX), errors)
        .and_then(|index| usize::try_from(index).ok())
}

fn object(field: &Field<'_>, errors: &mut Errors) -> Option<Map<String, Value>> {
    field.any_object(errors)?;
    field.value().and_then(Value::as_object).cloned()
}
