//! Forms with the JSON document of a workflow: new workflow, and edit.

use askama::Template;
use couponflow_http::Operation;
use serde_json::{Value, json};

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::failure::{Failure, Fault, PageResult, send};
use crate::form::{Field, Form, Kind, Section, Values};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

/// Members that the API adds to the document.
const ADDED: [&str; 7] = ["id", "status", "version", "has_unpublished_changes", "created_at", "updated_at", "warnings"];

#[derive(Template)]
#[template(path = "workflows/document.html")]
struct DocumentPage {
    layout: Layout,
    heading: String,
    form: Form,
}

/// Shows the form for a new workflow, with a small document to start with.
pub(crate) fn show_new<A: Api>(context: &Context<'_, A>) -> PageResult {
    let document = json!({
        "name": "New workflow",
        "trigger": {"type": "coupon_redeemed", "filters": [{"field": "coupon_code", "operator": "is", "value": "MEMBER20"}]},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "Member20-Used"}]
    });
    page(context, 200, "New workflow", "Create workflow", &format::pretty(&document), None, &[])
}

/// Shows the form with the saved document.
pub(crate) async fn show_edit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(Operation::ReadWorkflow, id)).await?;
    let mut document = response.body;
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !ADDED.contains(&name.as_str()));
    }
    let heading = format!("Edit {}", document["name"].as_str().unwrap_or_default());
    page(context, 200, &heading, "Save as draft", &format::pretty(&document), response.etag.as_deref(), &[])
}

fn page<A: Api>(
    context: &Context<'_, A>,
    status: u16,
    heading: &str,
    submit: &'static str,
    document: &str,
    etag: Option<&str>,
    faults: &[Fault],
) -> PageResult {
    let hint = "The document as JSON. Each fault names its place with a pointer, such as /steps/0/tag.";
    let field = Field::new("document", "Document", hint, Kind::Area, &[""]).required();
    let mut values = Values::default();
    values.add("document", document);
    let mut form = Form::new(submit, vec![Section { legend: "", fields: vec![field] }], &values);
    form.hidden.extend(etag.map(|etag| ("etag", etag.to_owned())));
    let page = DocumentPage {
        layout: Layout::new(context.request, context.person, "workflows", heading),
        heading: heading.to_owned(),
        form: form.with_faults(faults),
    };
    Ok(PageResponse::html(status, page.render()?))
}

/// Creates the workflow, or shows the form with its faults.
pub(crate) async fn create<A: Api>(context: &Context<'_, A>) -> PageResult {
    let failure = match parse(context.request.field("document")) {
        Ok(document) => {
            let request = ApiRequest::new(Operation::CreateWorkflow, "").json(document);
            let response = context.api.send(request).await;
            match response.body["id"].as_str() {
                Some(id) if response.status < 400 => {
                    return Ok(PageResponse::see_other(format!("{id}?done=workflow_created")));
                }
                _ => Failure::of(&response),
            }
        }
        Err(failure) => failure,
    };
    let text = context.request.field("document");
    page(context, failure.status, "New workflow", "Create workflow", text, None, &placed(&failure))
}

/// Saves the document as the draft, or shows the form with its faults.
pub(crate) async fn save<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let (text, etag) = (context.request.field("document"), context.request.field("etag"));
    let failure = match parse(text) {
        Ok(document) => {
            let request = ApiRequest::new(Operation::SaveWorkflow, id).json(document).if_match(etag);
            let response = context.api.send(request).await;
            if response.status < 400 {
                return Ok(PageResponse::see_other(format!("../{id}?done=saved")));
            }
            Failure::of(&response)
        }
        Err(failure) => failure,
    };
    page(context, failure.status, "Edit the workflow", "Save as draft", text, Some(etag), &placed(&failure))
}

/// Parses the text of the document.
fn parse(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let detail = format!("This is not valid JSON: {error}");
        Failure { status: 400, detail, faults: Vec::new() }
    })
}

/// Adds the JSON pointer to the message of each fault, because all faults belong to one field.
fn placed(failure: &Failure) -> Vec<Fault> {
    let at = |fault: &Fault| match fault.pointer.as_str() {
        "" => fault.clone(),
        pointer => Fault { pointer: String::new(), detail: format!("{pointer} {}", fault.detail) },
    };
    match failure.faults.is_empty() {
        true => vec![Fault { pointer: String::new(), detail: failure.detail.clone() }],
        false => failure.faults.iter().map(at).collect(),
    }
}
