//! Edits that set members of the document, of steps and of branches.

use serde_json::{Map, Value};

use super::change::{Edit, Edited};
use super::fault::{EditFault, EditFaultKind};
use super::steps::other_edit;
use super::tree::{find, object_at};
use crate::automation::workflow::settings::Settings;

/// Sets members of an object. Null removes a member. Returns the members that restore the object.
pub(super) fn set_members(object: &mut Map<String, Value>, members: &Map<String, Value>) -> Map<String, Value> {
    let mut before = Map::new();
    for (name, value) in members {
        let old = match value {
            Value::Null => object.shift_remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
        before.insert(name.clone(), old.unwrap_or(Value::Null));
    }
    before
}

/// Replaces the trigger.
pub(super) fn set_trigger(document: &Value, trigger: Option<&Value>) -> Result<Edited, EditFault> {
    let mut edited = document.clone();
    let members = Map::from_iter([("trigger".to_owned(), trigger.cloned().unwrap_or(Value::Null))]);
    let object = object_at(&mut edited, "").map_err(|fault| fault.at(""))?;
    let before = set_members(object, &members).shift_remove("trigger").filter(|trigger| !trigger.is_null());
    Ok(Edited { document: edited, inverse: Edit::SetTrigger { trigger: before } })
}

/// Sets the name and settings of the workflow.
pub(super) fn set_settings(document: &Value, settings: &Map<String, Value>) -> Result<Edited, EditFault> {
    let known = [&["name"], Settings::MEMBERS].concat();
    if let Some(unknown) = settings.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(EditFaultKind::UnknownMember(known.join(", ")).at(&pointer("settings", unknown)));
    }
    let mut edited = document.clone();
    let settings = set_members(object_at(&mut edited, "").map_err(|fault| fault.at(""))?, settings);
    Ok(Edited { document: edited, inverse: Edit::SetSettings { settings } })
}

/// Sets members of a step.
pub(super) fn set_step(document: &Value, id: &str, members: &Map<String, Value>) -> Result<Edited, EditFault> {
    let step = find(document, id).map_err(|fault| fault.at("/step"))?;
    for name in members.keys() {
        if let Some(other) = other_edit(name) {
            return Err(EditFaultKind::OtherEdit(other).at(&pointer("members", name)));
        }
    }
    let mut edited = document.clone();
    let members = set_members(object_at(&mut edited, &step.pointer).map_err(|fault| fault.at("/step"))?, members);
    Ok(Edited { document: edited, inverse: Edit::SetStep { step: id.to_owned(), members } })
}

/// Pointer to a member of a member of the edit.
pub(super) fn pointer(parent: &str, name: &str) -> String {
    format!("/{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}
