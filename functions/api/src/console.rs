//! Serves the console: assets, sign-in, and the pages of people who signed in.

mod in_process;
mod session;

use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_aws::system::System;
use couponflow_console::sign_in::sign_in_page;
use couponflow_console::{PageBody, PageRequest, PageResponse, SignedIn, assets};
use couponflow_http::{Request, Response};

use crate::dispatch::Dispatch;
use in_process::InProcess;
use session::{Visit, sign_in, sign_out, visit};

/// Largest form, in bytes. A workflow document is the largest field.
const MAX_FORM: usize = 512 * 1024;

/// Answers a request whose path begins with `/console`.
pub(crate) async fn answer(dispatch: &Dispatch, request: &Request) -> Response {
    response(page(dispatch, request).await)
}

async fn page(dispatch: &Dispatch, request: &Request) -> PageResponse {
    let path: Vec<&str> = request.path[1..].iter().map(String::as_str).collect();
    match path[..] {
        [] => return PageResponse::see_other("console/home".to_owned()),
        [""] => return PageResponse::see_other("home".to_owned()),
        ["assets", tag, name] if request.method == "GET" => {
            if let Some(asset) = assets::asset(tag, name) {
                return asset;
            }
        }
        _ => {}
    }
    let form = if request.method == "POST" { request.form(MAX_FORM) } else { Ok(Vec::new()) };
    let page = PageRequest {
        method: request.method.clone(),
        path: path.iter().map(|segment| (*segment).to_owned()).collect(),
        query: request.query_pairs().to_vec(),
        form: form.unwrap_or_default(),
        now: System.now(),
        nonce: System.bits().iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    if request.method == "POST" && !request.is_same_origin() {
        let problem = "Another site sent this form, so nothing was changed. Sign in here and repeat the change.";
        return sign_in_page(&page, 403, problem);
    }
    match (request.method.as_str(), &path[..]) {
        ("GET", ["sign-in"]) => sign_in_page(&page, 200, ""),
        ("POST", ["sign-in"]) => sign_in(dispatch, request, &page).await,
        ("POST", ["sign-out"]) => sign_out(dispatch, request, &page).await,
        _ => match visit(dispatch, request, page.now).await {
            Visit::Person { caller, form_token } => {
                let person = SignedIn { form_token, tenant: caller.key.tenant_id.to_string() };
                let api = InProcess { dispatch, caller, request };
                couponflow_console::answer(&api, &page, &person).await
            }
            Visit::Stranger => PageResponse::see_other(session::sign_in_address(&page)),
            Visit::Failed => {
                sign_in_page(&page, 503, "Your session cannot be read at the moment. Reload the page in a moment.")
            }
        },
    }
}

fn response(page: PageResponse) -> Response {
    let headers = page.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let (body, is_base64) = match page.body {
        PageBody::Text(text) => (text, false),
        PageBody::Base64(text) => (text, true),
    };
    Response { status: page.status, headers, body: Some(body.into()), is_base64, contact_key: None }
}
