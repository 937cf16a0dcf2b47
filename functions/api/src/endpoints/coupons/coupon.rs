//! Endpoints for coupons.

use chrono::{DateTime, Utc};
use couponflow_app::coupons::create_coupon::CreateCouponOutcome;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::{Code, CouponQuery, ReadCoupons as _, WriteCoupons as _};
use couponflow_app::coupons::switch::SwitchOutcome;
use couponflow_app::coupons::{create_coupon, edit, switch};
use couponflow_app::kernel::page::Page;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, State, Status, Terms};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::{Answer, IfMatch, Problem, ProblemCode, Request, etag, view};
use serde_json::{Value, json};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request, seed: Seed) -> EndpointResult {
    let now = System.now();
    let terms = request.body(|body| input::read(body, Terms::read))?;
    match create_coupon::create(store, terms, seed, now).await.map_err(failure)? {
        CreateCouponOutcome::Now(coupon) => Ok(answer(201, &coupon, now)),
        CreateCouponOutcome::CodeTaken(code) => {
            Err(Problem::conflict(ProblemCode::CodeTaken, format!("A coupon with the code {code} already exists.")))
        }
        CreateCouponOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}

/// Edits a coupon with a JSON merge patch (RFC 7396) of the coupon's terms. A `discount` with a `type` in the patch
/// replaces the whole discount.
pub(crate) async fn edit(store: &TenantStore, request: &Request, coupon_id: &str) -> EndpointResult {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    let expected = IfMatch::of(request)?;
    let patch = request.json()?;
    if !patch.is_object() {
        let detail = "must be an object with the members to change; null removes a member".to_owned();
        return Err(Problem::invalid(vec![FieldError { pointer: String::new(), detail }]));
    }
    let backup = patch.get("backup_coupon_id").and_then(|backup| CouponId::parse(backup.as_str()?).ok());
    let change = |terms: &Terms| {
        let mut document = json!(terms);
        if patch["discount"].get("type").is_some() {
            document["discount"] = Value::Null;
        }
        json_patch::merge(&mut document, &patch);
        input::read(&document, Terms::read)
    };
    let now = System.now();
    let accepts = |version| expected.accepts(version);
    let edited = edit::edit_with_backup(store, &id, accepts, backup.as_ref(), change, now).await;
    match edited.map_err(failure)? {
        CouponEditOutcome::Now(coupon) => Ok(answer(200, &coupon, now)),
        CouponEditOutcome::NotFound => Err(Problem::not_found("coupon")),
        CouponEditOutcome::Stale => Err(Problem::stale()),
        CouponEditOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}

pub(crate) async fn delete(store: &TenantStore, request: &Request, coupon_id: &str) -> EndpointResult {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    let expected = IfMatch::of(request)?;
    let now = System.now();
    match edit::delete(store, &id, |version| expected.accepts(version), now).await.map_err(failure)? {
        CouponEditOutcome::Now(_) => Ok(Answer::no_content()),
        CouponEditOutcome::Stale => Err(Problem::stale()),
        CouponEditOutcome::NotFound | CouponEditOutcome::Invalid(_) => Err(Problem::not_found("coupon")),
    }
}

/// Builds a response with a coupon. The `ETag` header is the version of the coupon.
fn answer(status: u16, coupon: &Coupon, now: DateTime<Utc>) -> Answer {
    let (name, version) = etag(coupon.version);
    Answer::json(status, view::coupon(coupon, now)).with_header(name, version)
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let now = System.now();
    let status = |text: &str| {
        text.parse::<Status>().map_err(|_| "must be scheduled, active, paused, exhausted, expired or deleted")
    };
    let is_generated = |text: &str| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    };
    let code = request.query_as("code", CouponCode::parse)?;
    let generated = request.query_as("generated", is_generated)?;
    if code.is_some() && generated.is_some() {
        let detail = "cannot be combined with code; remove one of them (code also finds generated coupons)";
        return Err(Problem::invalid_parameter("generated", detail));
    }
    let query = CouponQuery { is_generated: generated.unwrap_or(false), status: request.query_as("status", status)? };
    let page = request.page(CouponId::PREFIX, &["code", "status", "generated"])?;
    let page = match code {
        Some(code) => Page { data: with_code(store, &code, query, now).await?, next_cursor: None },
        None => store.coupons(query, &page, now).await.map_err(failure)?,
    };
    Ok(Answer::page(page.data.iter().map(|coupon| view::coupon(coupon, now)).collect(), page.next_cursor))
}

/// Returns the coupon that has a shared or unique code. The list is empty if no coupon has the
/// code, or if the coupon does not match the query.
async fn with_code(
    store: &TenantStore,
    code: &CouponCode,
    query: CouponQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Coupon>, Problem> {
    let id = match store.code(code).await.map_err(failure)? {
        None => return Ok(Vec::new()),
        Some(Code::Shared(id)) => id,
        Some(Code::Unique(unique)) => unique.coupon_id,
    };
    let coupon = store.coupon(&id).await.map_err(failure)?;
    Ok(coupon.filter(|coupon| query.matches(coupon, now)).into_iter().collect())
}

pub(crate) async fn read(store: &TenantStore, coupon_id: &str) -> EndpointResult {
    let coupon = find(store, coupon_id).await?;
    Ok(answer(200, &coupon, System.now()))
}

pub(crate) async fn pause(store: &TenantStore, coupon_id: &str) -> EndpointResult {
    switch(store, coupon_id, State::Paused).await
}

pub(crate) async fn activate(store: &TenantStore, coupon_id: &str) -> EndpointResult {
    switch(store, coupon_id, State::Active).await
}

pub(crate) async fn find(store: &TenantStore, coupon_id: &str) -> Result<Coupon, Problem> {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    store.coupon(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))
}

async fn switch(store: &TenantStore, coupon_id: &str, to: State) -> EndpointResult {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    let now = System.now();
    match switch::switch(store, &id, to, now).await.map_err(failure)? {
        SwitchOutcome::Now(coupon) => Ok(answer(200, &coupon, now)),
        SwitchOutcome::NotFound => Err(Problem::not_found("coupon")),
        SwitchOutcome::Expired => Err(Rejection::CouponExpired.into()),
        SwitchOutcome::Conflict => Err(Problem::changed_meanwhile("coupon")),
    }
}
