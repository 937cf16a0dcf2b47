//! Editor of a workflow: the steps as a tree, with buttons and forms. The page holds the whole document, so a document
//! that is not valid yet need not be stored. Every button sends the document, and the API makes the edit.

mod condition;
mod fields;
mod members;
mod open;
mod panel;

use askama::Template;
use couponflow_http::Operation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter_rows::{Row, rows};
use super::tree::{Part, parts};
use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{List, Workflow};
use crate::failure::{Failure, Fault, PageResult, read, send};
use crate::form::{IDEMPOTENCY_KEY, Kind, Values};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;
use open::{Open, Owner, open};
use panel::{Panel, Surroundings, edits};

/// Members that the API adds to the document.
const ADDED: [&str; 7] = ["id", "status", "version", "has_unpublished_changes", "created_at", "updated_at", "warnings"];

/// Maximum number of edits that can be undone, and of bytes that they have in the page.
const MAX_UNDO: usize = 50;
const MAX_UNDO_BYTES: usize = 64 * 1024;

/// What the page holds between two requests.
#[derive(Debug, Default)]
struct Draft {
    document: Value,
    /// Edits that undo the last edits, the oldest first.
    undo: Vec<Value>,
    /// `ETag` of the stored document. Empty for a new workflow.
    etag: String,
    open: Open,
}

/// Result of an edit.
#[derive(Debug, Deserialize)]
struct Edited {
    document: Value,
    inverse: Value,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

/// Rendered message.
#[derive(Deserialize)]
struct Rendered {
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

/// What the page shows besides the draft.
#[derive(Default)]
struct Shown {
    status: u16,
    /// Why the last request changed nothing. Empty if it did.
    rejected: Vec<String>,
    /// Button that makes the rejected edit although it breaks references. Can be empty.
    force: String,
    /// What the person entered in the open form.
    entered: Option<Values>,
    /// Faults of the values in the open form.
    entry_faults: Vec<Fault>,
    preview: Option<Rendered>,
    /// Whether the open form shows no fault of the document: its step is new, or the person has entered other values.
    hides_faults: bool,
}

/// Fault or warning with a link to its place.
struct Placed {
    anchor: String,
    text: String,
}

#[derive(Template)]
#[template(path = "workflows/editor.html")]
struct EditorPage {
    layout: Layout,
    heading: String,
    is_new: bool,
    /// Hidden fields of both forms.
    hidden: Vec<(&'static str, String)>,
    open: Open,
    trigger: String,
    filters: Vec<Row>,
    parts: Vec<Part>,
    faults: Vec<Placed>,
    warnings: Vec<Placed>,
    shown: Shown,
    panel: Option<Panel>,
    can_undo: bool,
}

impl EditorPage {
    fn open_trigger(&self) -> String {
        open(&Open::Trigger)
    }

    fn open_settings(&self) -> String {
        open(&Open::Settings)
    }

    fn open_document(&self) -> String {
        open(&Open::Document)
    }

    fn close(&self) -> String {
        open(&Open::Nothing)
    }

    fn append(&self) -> String {
        open(&Open::NewStep { at: super::tree::ListOf::default(), index: None })
    }

    fn owner_of_trigger(&self) -> Owner {
        Owner::default()
    }

    /// Whether the open form belongs to the step itself.
    fn is_at_step(&self, id: &str) -> bool {
        match &self.open {
            Open::Step { step } | Open::Move { step } | Open::Branch { step, .. } => step == id,
            Open::NewCondition { of, .. } | Open::Condition { of, .. } => of.step.as_deref() == Some(id),
            Open::Nothing | Open::Settings | Open::Trigger | Open::Document | Open::NewStep { .. } => false,
        }
    }

    /// Whether the open form adds a step before this step.
    fn is_before(&self, step: &super::tree::Step) -> bool {
        matches!(&self.open, Open::NewStep { at, index: Some(index) } if *at == step.list && *index == step.index)
    }

    /// Whether the open form adds a step at the end of this list.
    fn is_at_end(&self, list: &super::tree::ListOf) -> bool {
        matches!(&self.open, Open::NewStep { at, index: None } if at == list)
    }

    /// Whether the open form adds a step at the end of the workflow.
    fn is_at_end_of_all(&self) -> bool {
        self.is_at_end(&super::tree::ListOf::default())
    }

    /// Whether the open form belongs to the trigger.
    fn is_at_trigger(&self) -> bool {
        match &self.open {
            Open::Trigger => true,
            Open::NewCondition { of, .. } | Open::Condition { of, .. } => of.step.is_none(),
            Open::Nothing
            | Open::Settings
            | Open::Document
            | Open::NewStep { .. }
            | Open::Step { .. }
            | Open::Move { .. }
            | Open::Branch { .. } => false,
        }
    }

    /// Whether the open form belongs to the whole workflow.
    fn is_at_top(&self) -> bool {
        matches!(self.open, Open::Settings | Open::Document)
    }
}

/// Shows the editor with an empty workflow.
pub(crate) async fn show_new<A: Api>(context: &Context<'_, A>) -> PageResult {
    let document = json!({"name": "New workflow"});
    page(context, "", Draft { document, open: Open::Settings, ..Draft::default() }, Shown::default()).await
}

/// Shows the editor with the saved document.
pub(crate) async fn show_edit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(Operation::ReadWorkflow, id)).await?;
    let mut document = response.body;
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !ADDED.contains(&name.as_str()));
    }
    let draft = Draft { document, etag: response.etag.unwrap_or_default(), ..Draft::default() };
    page(context, id, draft, Shown::default()).await
}

/// Does what the pressed button says. The id is empty for a new workflow.
pub(crate) async fn submit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let mut draft = Draft::of(context).ok_or_else(incomplete)?;
    let pressed = context.request.field("do");
    let (verb, value) = pressed.split_once(' ').unwrap_or((pressed, "null"));
    let value: Value = serde_json::from_str(value).map_err(|_| incomplete())?;
    let values = Values::of(&context.request.form);
    let mut shown = Shown::default();
    match verb {
        "open" => draft.open = Open::deserialize(&value).map_err(|_| incomplete())?,
        "edit" => {
            let is_new_step = value["type"] == "add_step";
            if let Some(edited) = draft.edit(context, &value, &mut shown).await? {
                draft.open = Open::Nothing;
                if let Some(step) = edited.inverse["step"].as_str().filter(|_| is_new_step) {
                    draft.open = Open::Step { step: step.to_owned() };
                    shown.hides_faults = true;
                }
            }
        }
        "apply" => draft.apply(context, values, &mut shown).await?,
        "preview" => {
            (shown.entered, shown.hides_faults) = (Some(values.clone()), true);
            preview(context, &draft, &values, &mut shown).await?;
        }
        "undo" => {
            if let Some(edit) = draft.undo.pop()
                && draft.edit(context, &edit, &mut shown).await?.is_some()
            {
                draft.undo.pop();
                draft.open = Open::Nothing;
            }
        }
        "save" => match save(context, id, &draft).await {
            Ok(address) => return Ok(PageResponse::see_other(address)),
            Err(failure) => {
                shown.status = failure.status;
                shown.rejected = match failure.faults.is_empty() {
                    true => vec![failure.detail],
                    false => vec!["The workflow was not saved, because the document has faults.".to_owned()],
                };
            }
        },
        _ => return Err(incomplete()),
    }
    page(context, id, draft, shown).await
}

fn incomplete() -> Failure {
    let detail = "The form is incomplete, so nothing was changed. Go back and reload the page.".to_owned();
    Failure { status: 400, detail, faults: Vec::new() }
}

/// Stores the document. Returns the address of the workflow.
async fn save<A: Api>(context: &Context<'_, A>, id: &str, draft: &Draft) -> Result<String, Failure> {
    if id.is_empty() {
        let key = context.request.field(IDEMPOTENCY_KEY);
        let request = ApiRequest::new(Operation::CreateWorkflow, "").json(draft.document.clone()).once(key);
        let created = send(context.api, request).await?;
        return Ok(format!("{}?done=workflow_created", created.body["id"].as_str().unwrap_or("../workflows")));
    }
    let request = ApiRequest::new(Operation::SaveWorkflow, id).json(draft.document.clone()).if_match(&draft.etag);
    send(context.api, request).await?;
    Ok(format!("../{id}?done=saved"))
}

impl Draft {
    /// Reads what the page held. Returns `None` if a part is missing or damaged.
    fn of<A>(context: &Context<'_, A>) -> Option<Self> {
        let field = |name| context.request.field(name);
        let document: Value = serde_json::from_str(field("document")).ok()?;
        Some(Self {
            document: Some(document).filter(Value::is_object)?,
            undo: serde_json::from_str(field("undo")).ok()?,
            etag: field("etag").to_owned(),
            open: serde_json::from_str(field("open")).ok()?,
        })
    }

    /// Makes an edit. Returns `None` if the API rejects it.
    async fn edit<A: Api>(
        &mut self,
        context: &Context<'_, A>,
        edit: &Value,
        shown: &mut Shown,
    ) -> Result<Option<Edited>, Failure> {
        match edited(context, &self.document, edit).await {
            Ok(edited) => {
                self.document = edited.document.clone();
                self.undo.push(edited.inverse.clone());
                let size = |undo: &[Value]| undo.iter().map(|edit| edit.to_string().len()).sum::<usize>();
                while self.undo.len() > MAX_UNDO || size(&self.undo) > MAX_UNDO_BYTES {
                    self.undo.remove(0);
                }
                Ok(Some(edited))
            }
            Err(failure) if failure.status == 422 => {
                shown.status = 422;
                shown.rejected = match failure.faults.is_empty() {
                    true => vec![failure.detail],
                    false => failure.faults.into_iter().map(|fault| fault.detail).collect(),
                };
                let can_force = ["remove_step", "move_step", "remove_branch"].map(Value::from).contains(&edit["type"]);
                if can_force && edit["force"] != true {
                    let mut forced = edit.clone();
                    forced["force"] = json!(true);
                    shown.force = open::edit(&forced);
                }
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Makes the edits of the open form.
    async fn apply<A: Api>(
        &mut self,
        context: &Context<'_, A>,
        values: Values,
        shown: &mut Shown,
    ) -> Result<(), Failure> {
        match &self.open {
            Open::NewCondition { of, group } => {
                let field = values.get("field").to_owned();
                self.open = Open::Condition { of: of.clone(), group: Some(group.clone()), at: None, field };
                return Ok(());
            }
            Open::Document => {
                match serde_json::from_str::<Value>(values.get("json")) {
                    Ok(document) if document.is_object() => {
                        (self.document, self.undo, self.open) = (document, Vec::new(), Open::Nothing);
                    }
                    Ok(_) => shown.rejected = vec!["The document must be a JSON object.".to_owned()],
                    Err(error) => shown.rejected = vec![format!("This is not valid JSON: {error}")],
                }
                if !shown.rejected.is_empty() {
                    (shown.status, shown.entered) = (422, Some(values));
                }
                return Ok(());
            }
            _ => {}
        }
        let around = Surroundings { document: &self.document, workflows: &[] };
        let edits = match edits(&self.open, &around, &values) {
            Ok(edits) => edits,
            Err(faults) => {
                (shown.status, shown.entered, shown.entry_faults) = (422, Some(values), faults);
                return Ok(());
            }
        };
        let mut faults = Vec::new();
        for edit in edits {
            match self.edit(context, &edit, shown).await? {
                Some(edited) => faults = edited.faults,
                None => {
                    shown.entered = Some(values);
                    return Ok(());
                }
            }
            if let (Open::Step { step }, "rename_step") = (&mut self.open, edit["type"].as_str().unwrap_or_default()) {
                *step = edit["id"].as_str().unwrap_or_default().to_owned();
            }
        }
        // The form stays open while one of its fields has a fault.
        let around = Surroundings { document: &self.document, workflows: &[] };
        let panel = Panel::create(&self.open, &around, None, &faults);
        if !panel.is_some_and(|panel| panel.has_faults()) {
            self.open = Open::Nothing;
        }
        Ok(())
    }
}

async fn edited<A: Api>(context: &Context<'_, A>, document: &Value, edit: &Value) -> Result<Edited, Failure> {
    let body = json!({"document": document, "edit": edit});
    read(context.api, ApiRequest::new(Operation::EditWorkflowDocument, "").json(body)).await
}

/// Renders the message of the open form for the sample event of the trigger.
async fn preview<A: Api>(
    context: &Context<'_, A>,
    draft: &Draft,
    values: &Values,
    shown: &mut Shown,
) -> Result<(), Failure> {
    let mut body = json!({"trigger": draft.document["trigger"]["type"].as_str().unwrap_or("manual")});
    for name in ["subject", "html", "text"] {
        if !values.get(name).is_empty() {
            body[name] = json!(values.get(name));
        }
    }
    for name in ["locale", "time_zone"] {
        if draft.document[name].is_string() {
            body[name] = draft.document[name].clone();
        }
    }
    match read(context.api, ApiRequest::new(Operation::PreviewTemplate, "").json(body)).await {
        Ok(rendered) => shown.preview = Some(rendered),
        Err(failure) if failure.status == 422 => {
            shown.status = 422;
            shown.entry_faults = failure.faults;
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Returns the other workflows, if the open form lets the person choose one.
async fn workflows<A: Api>(
    context: &Context<'_, A>,
    id: &str,
    draft: &Draft,
) -> Result<Vec<(String, String)>, Failure> {
    let around = Surroundings { document: &draft.document, workflows: &[] };
    let is_needed = match &draft.open {
        Open::Step { step } => around
            .step(step)
            .is_some_and(|(step, _)| ["start_workflow", "stop_workflow"].map(Value::from).contains(&step["type"])),
        _ => false,
    };
    if !is_needed {
        return Ok(Vec::new());
    }
    let list = ApiRequest::new(Operation::ListWorkflows, "").with("limit", "100");
    let list: List<Workflow> = read(context.api, list).await?;
    let others = list.data.into_iter().filter(|workflow| workflow.id != id);
    Ok(others.map(|workflow| (workflow.id, workflow.name)).collect())
}

async fn page<A: Api>(context: &Context<'_, A>, id: &str, draft: Draft, mut shown: Shown) -> PageResult {
    let nothing = json!({"type": "set_settings", "settings": {}});
    let reviewed = edited(context, &draft.document, &nothing).await?;
    let workflows = workflows(context, id, &draft).await?;
    let around = Surroundings { document: &draft.document, workflows: &workflows };
    let in_form = if shown.hides_faults { &[][..] } else { &reviewed.faults };
    let mut panel = Panel::create(&draft.open, &around, shown.entered.as_ref(), in_form);
    if let Some(panel) = &mut panel
        && !shown.entry_faults.is_empty()
    {
        let form = panel.form.clone().without_faults();
        panel.form = form.with_faults(&std::mem::take(&mut shown.entry_faults));
    }
    let mut parts = parts(&draft.document, true);
    let faults = place(&reviewed.faults, &mut parts, true);
    let warnings = place(&reviewed.warnings, &mut parts, false);
    let name = draft.document["name"].as_str().unwrap_or_default();
    let heading = if id.is_empty() { "New workflow".to_owned() } else { format!("Edit {name}") };
    let hidden = vec![
        ("form_token", context.person.form_token.clone()),
        ("etag", draft.etag),
        (IDEMPOTENCY_KEY, context.request.nonce.clone()),
        ("document", draft.document.to_string()),
        ("undo", json!(draft.undo).to_string()),
        ("open", json!(draft.open).to_string()),
    ];
    let page = EditorPage {
        layout: Layout::new(context.request, context.person, "workflows", heading.as_str()),
        heading,
        is_new: id.is_empty(),
        hidden,
        trigger: format::state(draft.document["trigger"]["type"].as_str().unwrap_or_default()),
        filters: rows(&draft.document["trigger"]["filters"]),
        parts,
        faults,
        warnings,
        panel,
        can_undo: !draft.undo.is_empty(),
        open: draft.open,
        shown,
    };
    let status = if page.shown.status == 0 { 200 } else { page.shown.status };
    Ok(PageResponse::html(status, page.render()?))
}

/// Returns the faults with links to their places. With `mark`, adds them to their steps, too.
fn place(faults: &[Fault], parts: &mut [Part], mark: bool) -> Vec<Placed> {
    let mut placed = Vec::new();
    for fault in faults {
        let mut owner = None;
        for part in parts.iter_mut() {
            if let Part::OpenStep(step) = part
                && fault
                    .pointer
                    .strip_prefix(&step.pointer)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                owner = Some(step);
            }
        }
        let text = |pointer: &str| match pointer.trim_start_matches('/') {
            "" => fault.detail.clone(),
            member => format!("{} {}", member.replace('/', " "), fault.detail),
        };
        placed.push(match owner {
            Some(step) => {
                let text = text(fault.pointer.strip_prefix(&step.pointer).unwrap_or_default());
                if mark {
                    step.faults.push(text.clone());
                }
                Placed { anchor: format!("step-{}", step.id), text: format!("{}: {text}", step.id) }
            }
            None if fault.pointer.starts_with("/trigger") => {
                Placed { anchor: "trigger".to_owned(), text: text(&fault.pointer) }
            }
            None => Placed { anchor: String::new(), text: text(&fault.pointer) },
        });
    }
    placed
}
