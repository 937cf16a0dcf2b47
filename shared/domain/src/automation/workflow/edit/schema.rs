//! Request schemas of edits.

use serde_json::{Value, json};

use crate::automation::actions::MAX_STEPS;
use crate::kernel::input::STRING_LENGTH;
use crate::kernel::json_schema::{boolean, integer, object, optional, reference, text};

/// Schema of an object with any members, such as an incomplete step.
fn draft(title: &str, description: &str) -> Value {
    json!({"type": "object", "title": title, "description": description, "additionalProperties": true})
}

fn pointer(description: &str) -> Value {
    json!({"type": "string", "maxLength": 500, "pattern": "^(/[A-Za-z0-9_]{1,40}){0,20}$", "description": description})
}

fn position(description: &str) -> Value {
    integer(0..=i64::try_from(MAX_STEPS).unwrap_or(i64::MAX), description)
}

fn place() -> Value {
    object(
        "WorkflowPlace",
        "Place of a step. Default: the end of the steps at the top level.",
        &[],
        &[
            ("step", optional(text(STRING_LENGTH, "Id of the step that contains the list. Absent at the top level."))),
            ("list", optional(pointer("List from the step, such as `/else` or `/branches/0/steps`."))),
            ("index", optional(position("Position in the list. Default: the end."))),
        ],
    )
}

fn filters_of() -> Value {
    object(
        "WorkflowFilters",
        "Owner of the filters. Default: the trigger.",
        &["step"],
        &[
            ("step", text(STRING_LENGTH, "Id of the step with the filters.")),
            ("branch", optional(position("Position of the branch with the filters."))),
        ],
    )
}

/// Returns the schema of each type of edit, by title.
fn forms() -> Vec<(&'static str, Value)> {
    let step = || ("step", text(STRING_LENGTH, "Id of the step."));
    let filters = || ("filters", optional(reference("WorkflowFilters")));
    let at = || ("at", optional(pointer("Filter from `filters`, such as `/0` or `/1/any/0`.")));
    let members = || ("members", draft("WorkflowMembers", "Members to set. Null removes a member."));
    let filter = || json!({"description": "A condition, or a group such as `{\"any\": []}`."});
    let index = || ("index", position("Position of the branch."));
    let dropping = || {
        let description = "Whether to remove the list as well if it becomes empty. Inverse edits use this member.";
        ("drop_empty_list", optional(boolean(description)))
    };
    let force = || {
        let description = "Whether to make the edit even if steps then refer to outputs that are not available.";
        ("force", optional(boolean(description)))
    };
    let form = |title, name: &str, description: &str, required: &[&str], members: &[(&str, Value)]| {
        let members = [&[("type", json!({"const": name}))], members].concat();
        (title, object(title, description, &[&["type"], required].concat(), &members))
    };
    let branch = draft("WorkflowBranchDraft", "A branch, which can be incomplete.");
    let new_step = draft(
        "WorkflowStepDraft",
        "A step with a `type`, which can be incomplete. Without `id`, the step gets a new id.",
    );
    let trigger = json!({"description": "A trigger with its filters."});
    let settings = draft("WorkflowSettingsDraft", "`name` and settings. Null removes a member.");
    vec![
        form(
            "SetTriggerEdit",
            "set_trigger",
            "Replaces the trigger and its filters. Null removes them.",
            &[],
            &[("trigger", trigger)],
        ),
        form(
            "SetSettingsEdit",
            "set_settings",
            "Sets the name and settings.",
            &["settings"],
            &[("settings", settings)],
        ),
        form(
            "AddStepEdit",
            "add_step",
            "Adds a step.",
            &["step"],
            &[("step", new_step), ("at", optional(reference("WorkflowPlace")))],
        ),
        form(
            "RemoveStepEdit",
            "remove_step",
            "Removes a step and the steps nested in it.",
            &["step"],
            &[step(), dropping(), force()],
        ),
        form(
            "DuplicateStepEdit",
            "duplicate_step",
            "Adds a copy after a step. The copies get new ids.",
            &["step"],
            &[step()],
        ),
        form(
            "MoveStepEdit",
            "move_step",
            "Moves a step and the steps nested in it.",
            &["step"],
            &[step(), ("to", optional(reference("WorkflowPlace"))), dropping(), force()],
        ),
        form(
            "RenameStepEdit",
            "rename_step",
            "Changes the id of a step and the references to it.",
            &["step", "id"],
            &[step(), ("id", text(STRING_LENGTH, "New id."))],
        ),
        form("SetStepEdit", "set_step", "Sets members of a step.", &["step", "members"], &[step(), members()]),
        form(
            "AddBranchEdit",
            "add_branch",
            "Adds a branch to a step.",
            &["step", "branch"],
            &[step(), ("index", optional(position("Position. Default: the end."))), ("branch", branch)],
        ),
        form(
            "RemoveBranchEdit",
            "remove_branch",
            "Removes a branch and its steps.",
            &["step", "index"],
            &[step(), index(), dropping(), force()],
        ),
        form(
            "SetBranchEdit",
            "set_branch",
            "Sets members of a branch.",
            &["step", "index", "members"],
            &[step(), index(), members()],
        ),
        form(
            "AddFilterEdit",
            "add_filter",
            "Adds a condition or a group of conditions.",
            &["filter"],
            &[
                filters(),
                ("group", optional(pointer("List from `filters`, such as `/1/any`. Default: the whole list."))),
                ("index", optional(position("Position. Default: the end."))),
                ("filter", filter()),
            ],
        ),
        form(
            "RemoveFilterEdit",
            "remove_filter",
            "Removes a condition, or a group with its conditions.",
            &["at"],
            &[filters(), ("at", pointer("Filter from `filters`, such as `/0` or `/1/any/0`.")), dropping()],
        ),
        form(
            "SetFilterEdit",
            "set_filter",
            "Replaces a filter. Without `at`, replaces all filters.",
            &[],
            &[filters(), at(), ("filter", filter())],
        ),
    ]
}

/// Returns the request schemas of edits and of their parts, by component name.
pub fn request_schemas() -> Vec<(String, Value)> {
    let forms = forms();
    let any: Vec<Value> = forms.iter().map(|(title, _)| reference(title)).collect();
    let named = forms.into_iter().map(|(title, form)| (title.to_owned(), form));
    let request = object(
        "WorkflowEditInput",
        "A workflow document, which can be incomplete, and an edit.",
        &["document", "edit"],
        &[
            ("document", draft("WorkflowDraft", "A workflow document, which can be incomplete, such as `{}`.")),
            ("edit", reference("WorkflowEdit")),
        ],
    );
    let parts = [
        ("WorkflowEditInput".to_owned(), request),
        ("WorkflowEdit".to_owned(), json!({"description": "Change of a workflow document.", "oneOf": any})),
        ("WorkflowPlace".to_owned(), place()),
        ("WorkflowFilters".to_owned(), filters_of()),
    ];
    named.chain(parts).collect()
}
