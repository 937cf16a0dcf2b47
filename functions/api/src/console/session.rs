//! Sign-in, sign-out, and the session of a request.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::system::Rng as _;
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, Keys as _, TenantStores as _};
use couponflow_app::tenants::sessions::Sessions as _;
use couponflow_aws::system::System;
use couponflow_console::sign_in::{next_page, sign_in_page};
use couponflow_console::{PageRequest, PageResponse};
use couponflow_domain::tenants::api_key::{KeySecret, SecretHash};
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::tenants::session::{MAX_AGE, Session, SessionToken};
use couponflow_http::auth::{Caller, authenticate};
use couponflow_http::{Operation, Request};

use crate::dispatch::Dispatch;

/// Name of the cookie with the token of the session.
const COOKIE: &str = "couponflow_session";

/// Answer to a sign-in with a link that was used before, has expired, or never existed.
const DEAD_LINK: &str = "This link was used before or has expired. Sign in with an admin key, or create another link.";

/// Answer to a sign-in with text that is no key, or with a key that does not exist.
const INVALID_KEY: &str = "This is not a valid key. Paste a key with the scope admin.";

/// Who sent a request.
pub(super) enum Visit {
    /// A person with a valid session.
    Person { caller: Caller, form_token: String },
    /// The request has no valid session.
    Stranger,
    /// The session could not be read.
    Failed,
}

/// Finds the session of a request, and the key for which the session stands. A session ends with its key. A suspended
/// tenant has no sessions.
pub(super) async fn visit(dispatch: &Dispatch, request: &Request, now: DateTime<Utc>) -> Visit {
    let Some(token) = request.cookie(COOKIE).and_then(SessionToken::parse) else { return Visit::Stranger };
    match find(dispatch, &token, now).await {
        Ok(Some(caller)) => Visit::Person { caller, form_token: token.form_token() },
        Ok(None) => Visit::Stranger,
        Err(error) => {
            tracing::error!(error = %chain(&error), "Could not read a session of the console");
            Visit::Failed
        }
    }
}

async fn find(dispatch: &Dispatch, token: &SessionToken, now: DateTime<Utc>) -> Result<Option<Caller>, StoreError> {
    let hash = token.hash();
    let Some(session) = dispatch.table.session(&hash).await?.filter(|session| session.is_valid(now)) else {
        return Ok(None);
    };
    let caller = caller(dispatch, &session.key_hash, now).await?;
    if caller.is_some() && session.needs_touch(now) {
        dispatch.table.touch_session(&hash, &session, now).await?;
    }
    Ok(caller)
}

/// Returns the caller with a valid admin key of an active tenant.
async fn caller(dispatch: &Dispatch, key_hash: &SecretHash, now: DateTime<Utc>) -> Result<Option<Caller>, StoreError> {
    let key = dispatch.table.key(key_hash).await?;
    let Some(key) = key.filter(|key| key.is_valid(now) && key.scope >= KeyScope::Admin) else { return Ok(None) };
    let tenant = dispatch.table.of(&key.tenant_id).profile().await?;
    Ok(Some(Caller { key, tenant }).filter(|caller| caller.tenant.state == TenantState::Active))
}

/// Starts a session for the key or the link in the form.
pub(super) async fn sign_in(dispatch: &Dispatch, request: &Request, page: &PageRequest) -> PageResponse {
    let key_hash = match page.field("link_token") {
        "" => with_key(dispatch, request, page).await,
        token => with_link(dispatch, token, page.now).await,
    };
    let key_hash = match key_hash {
        Ok(key_hash) => key_hash,
        Err((status, problem)) => return sign_in_page(page, status, &problem),
    };
    let token = SessionToken::new(std::array::from_fn(|_| System.bits()));
    if let Err(error) = dispatch.table.start_session(&token.hash(), &Session::new(key_hash, page.now)).await {
        return failed(page, &error);
    }
    tracing::info!("A session of the console started");
    let cookie = cookie(request, token.reveal(), MAX_AGE.num_seconds());
    PageResponse::see_other(next_page(page)).with_header("set-cookie", cookie)
}

/// Checks the key like the key of a request, with the limits on unknown keys. Returns the hash of the key.
async fn with_key(dispatch: &Dispatch, request: &Request, page: &PageRequest) -> Result<SecretHash, (u16, String)> {
    let key = page.field("key").trim();
    let bearer = format!("Bearer {key}");
    let checked = request.internal(Operation::ListKeys, "", &[], &[("authorization", &bearer)], None);
    let authenticated = authenticate(&dispatch.table, &dispatch.keys, &checked, Operation::ListKeys, page.now).await;
    match authenticated.map(|_| KeySecret::parse(key)) {
        Ok(Some(secret)) => Ok(secret.hash()),
        Ok(None) => Err((401, INVALID_KEY.to_owned())),
        Err(problem) => {
            let answer = problem.answer();
            let problem = match answer.status {
                401 => INVALID_KEY.to_owned(),
                403 if answer.body["code"] == "insufficient_scope" => {
                    "This key has another scope. The console needs a key with the scope admin.".to_owned()
                }
                _ => answer.body["detail"].as_str().unwrap_or("Try again in a moment.").to_owned(),
            };
            Err((answer.status, problem))
        }
    }
}

/// Uses up a link. Returns the hash of its key.
async fn with_link(dispatch: &Dispatch, token: &str, now: DateTime<Utc>) -> Result<SecretHash, (u16, String)> {
    let failed = |error: StoreError| {
        tracing::error!(error = %chain(&error), "Could not use a sign-in link");
        (503, "The link cannot be read at the moment. Try again in a moment.".to_owned())
    };
    let dead = || (401, DEAD_LINK.to_owned());
    let token = SessionToken::parse(token).ok_or_else(dead)?;
    let link = dispatch.table.take_sign_in_link(&token.hash()).await.map_err(failed)?;
    let link = link.filter(|link| link.expires_at > now).ok_or_else(dead)?;
    caller(dispatch, &link.key_hash, now).await.map_err(failed)?.ok_or_else(dead)?;
    Ok(link.key_hash)
}

fn failed(page: &PageRequest, error: &StoreError) -> PageResponse {
    tracing::error!(error = %chain(error), "Could not change a session of the console");
    sign_in_page(page, 503, "The session cannot be changed at the moment. Try again in a moment.")
}

/// Ends the session of the request. A form of another session ends nothing.
pub(super) async fn sign_out(dispatch: &Dispatch, request: &Request, page: &PageRequest) -> PageResponse {
    if let Some(token) = request.cookie(COOKIE).and_then(SessionToken::parse) {
        if page.field("form_token") != token.form_token() {
            return PageResponse::see_other("home".to_owned());
        }
        if let Err(error) = dispatch.table.end_session(&token.hash()).await {
            return failed(page, &error);
        }
    }
    PageResponse::see_other("sign-in".to_owned()).with_header("set-cookie", cookie(request, "", 0))
}

/// Returns the cookie of a session. The cookie has no path attribute, so the browser sends the cookie only to addresses
/// below `/console/`, under every base path.
fn cookie(request: &Request, value: &str, seconds: i64) -> String {
    let secure = if request.is_loopback() { "" } else { "; Secure" };
    format!("{COOKIE}={value}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Returns the relative address of the sign-in page, which leads back to the page of the request.
pub(super) fn sign_in_address(page: &PageRequest) -> String {
    let mut next = page.path.join("/");
    if page.method != "GET" {
        next.clear();
    }
    let query: Vec<(&str, &str)> = page.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    format!("{}sign-in{}", page.root(), couponflow_console::sign_in::next_query(&next, &query))
}
