//! The form that is open in the editor, and the buttons of the page.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pages::workflows::filter_rows::Row;
use crate::pages::workflows::tree::{Branch, ListOf, Step};

/// Owner of filters, as edits address it. Without a step, the trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<usize>,
}

impl Owner {
    /// Returns the member `filters` of an edit. Null stands for the trigger.
    pub(super) fn in_edit(&self) -> Value {
        if self.step.is_none() { Value::Null } else { json!(self) }
    }
}

/// Form that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub(super) enum Open {
    #[default]
    Nothing,
    /// Name and settings of the workflow.
    Settings,
    Trigger,
    /// The document as JSON.
    Document,
    /// Choice of the type of a new step.
    NewStep {
        at: ListOf,
        index: Option<usize>,
    },
    Step {
        step: String,
    },
    /// Choice of the place that a step moves to.
    Move {
        step: String,
    },
    Branch {
        step: String,
        index: usize,
    },
    /// Choice of the field of a new condition. `group` is the pointer to its list.
    NewCondition {
        of: Owner,
        group: String,
    },
    /// Condition with this field: a new one in a group, or the one at a pointer.
    Condition {
        of: Owner,
        group: Option<String>,
        at: Option<String>,
        field: String,
    },
}

/// Button of the page: its value says what it does.
fn button(verb: &str, value: &Value) -> String {
    format!("{verb} {value}")
}

/// Returns the value of a button that opens a form.
pub(super) fn open(form: &Open) -> String {
    button("open", &json!(form))
}

/// Returns the value of a button that makes an edit.
pub(super) fn edit(edit: &Value) -> String {
    button("edit", edit)
}

/// Buttons of a step.
impl Step {
    pub(super) fn open(&self) -> String {
        open(&Open::Step { step: self.id.clone() })
    }

    pub(super) fn open_move(&self) -> String {
        open(&Open::Move { step: self.id.clone() })
    }

    pub(super) fn duplicate(&self) -> String {
        edit(&json!({"type": "duplicate_step", "step": self.id}))
    }

    pub(super) fn remove(&self) -> String {
        edit(&json!({"type": "remove_step", "step": self.id}))
    }

    pub(super) fn move_up(&self) -> String {
        self.move_to(self.index.saturating_sub(1))
    }

    pub(super) fn move_down(&self) -> String {
        self.move_to(self.index + 1)
    }

    fn move_to(&self, index: usize) -> String {
        edit(&json!({"type": "move_step", "step": self.id, "to": place(&self.list, Some(index))}))
    }

    pub(super) fn insert_before(&self) -> String {
        open(&Open::NewStep { at: self.list.clone(), index: Some(self.index) })
    }

    pub(super) fn add_branch(&self) -> String {
        let branch = if self.kind == "random_split" { json!({"weight": 1}) } else { json!({"filters": []}) };
        edit(&json!({"type": "add_branch", "step": self.id, "branch": branch}))
    }

    pub(super) fn owner(&self) -> Owner {
        Owner { step: Some(self.id.clone()), branch: None }
    }
}

/// Buttons of a branch.
impl Branch {
    pub(super) fn add_step(&self) -> String {
        open(&Open::NewStep { at: self.list.clone(), index: None })
    }

    pub(super) fn open(&self, index: &usize) -> String {
        open(&Open::Branch { step: self.step().to_owned(), index: *index })
    }

    pub(super) fn remove(&self, index: &usize) -> String {
        edit(&json!({"type": "remove_branch", "step": self.step(), "index": index}))
    }

    pub(super) fn owner(&self) -> Owner {
        Owner { step: Some(self.step().to_owned()), branch: self.index }
    }
}

/// Buttons of the filters of an owner.
impl Owner {
    pub(super) fn add(&self, group: &str) -> String {
        open(&Open::NewCondition { of: self.clone(), group: group.to_owned() })
    }

    pub(super) fn add_group(&self, member: &str) -> String {
        edit(&json!({"type": "add_filter", "filters": self.in_edit(), "filter": {member: []}}))
    }

    /// Opens the form of a condition. The form starts with the stored condition.
    pub(super) fn change(&self, row: &Row) -> String {
        open(&Open::Condition { of: self.clone(), group: None, at: Some(row.at.clone()), field: String::new() })
    }

    pub(super) fn remove(&self, row: &Row) -> String {
        let filters = self.in_edit();
        match row.at.as_str() {
            "" => edit(&json!({"type": "set_filter", "filters": filters, "filter": null})),
            at => edit(&json!({"type": "remove_filter", "filters": filters, "at": at})),
        }
    }
}

/// Returns a place in a list, as edits address it.
pub(super) fn place(list: &ListOf, index: Option<usize>) -> Value {
    let mut place = json!(list);
    if let Some(index) = index {
        place["index"] = json!(index);
    }
    place
}
