//! API keys: list, creation and revocation.

use askama::Template;
use chrono::{DateTime, Utc};
use couponflow_http::Operation;
use serde_json::json;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{ApiKey, List};
use crate::failure::{Failure, Fault, PageResult, read, send};
use crate::form::{Field, Form, IDEMPOTENCY_KEY, Kind, Section, Values};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

const SCOPES: &[(&str, &str)] = &[
    ("server", "server: apply and redeem codes, from the shop’s server"),
    ("storefront", "storefront: apply codes, from browsers"),
    ("admin", "admin: everything, and sign in to this console"),
];

#[derive(Template)]
#[template(path = "keys/list.html")]
struct ListPage {
    layout: Layout,
    keys: Vec<ApiKey>,
    now: DateTime<Utc>,
    next: String,
    form: Form,
    /// Secret of a key that was created just now. Empty otherwise.
    secret: String,
}

#[derive(Template)]
#[template(path = "keys/revoke.html")]
struct RevokePage<'a> {
    layout: Layout,
    id: &'a str,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    page(context, 200, &Values::default(), &[], String::new()).await
}

async fn page<A: Api>(
    context: &Context<'_, A>,
    status: u16,
    values: &Values,
    faults: &[Fault],
    secret: String,
) -> PageResult {
    let request = context.request;
    let list = ApiRequest::new(Operation::ListKeys, "").with("cursor", request.query("cursor"));
    let list: List<ApiKey> = read(context.api, list).await?;
    let fields = vec![
        Field::new("name", "Name", "What uses the key, such as Checkout service.", Kind::Input("text"), &["/name"]),
        Field::new("scope", "Scope", "", Kind::Select(SCOPES), &["/scope"]),
    ];
    let sections = vec![Section { legend: "", fields }];
    let page = ListPage {
        layout: Layout::new(request, context.person, "keys", "Keys"),
        keys: list.data,
        now: request.now,
        next: next_page(request, list.next_cursor.as_deref()),
        form: Form::new("Create key", sections, values).once(&request.nonce).with_faults(faults),
        secret,
    };
    Ok(PageResponse::html(status, page.render()?))
}

/// Creates a key and shows its secret once, or shows the form with its faults.
pub(crate) async fn create<A: Api>(context: &Context<'_, A>) -> PageResult {
    let values = Values::of(&context.request.form);
    let body = json!({"name": values.get("name"), "scope": values.get("scope")});
    let request = ApiRequest::new(Operation::CreateKey, "").json(body).once(values.get(IDEMPOTENCY_KEY));
    let response = context.api.send(request).await;
    if response.status < 400 {
        // A repeated request returns the key without its secret.
        let secret = response.body["secret"].as_str().unwrap_or("shown only once, to the first request").to_owned();
        return page(context, 200, &Values::default(), &[], secret).await;
    }
    let failure = Failure::of(&response);
    let mut faults = failure.faults;
    if faults.is_empty() {
        faults.push(Fault { pointer: String::new(), detail: failure.detail });
    }
    page(context, failure.status, &values, &faults, String::new()).await
}

/// Asks for confirmation of the revocation.
pub(crate) fn confirm_revocation<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let layout = Layout::new(context.request, context.person, "keys", "Revoke the key?");
    Ok(PageResponse::html(200, RevokePage { layout, id }.render()?))
}

/// Revokes a key.
pub(crate) async fn revoke<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    send(context.api, ApiRequest::new(Operation::RevokeKey, id)).await?;
    Ok(PageResponse::see_other("../../keys?done=revoked".to_owned()))
}
