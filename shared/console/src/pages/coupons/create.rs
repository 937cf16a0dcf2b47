//! Form for a new coupon.

use askama::Template;
use couponflow_http::Operation;
use serde_json::Value;

use super::terms_fields::{Purpose, sections};
use super::terms_read::read_terms;
use super::terms_write::without_nulls;
use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Coupon, List};
use crate::failure::{Failure, Fault, PageResult, read};
use crate::form::{Form, Kind, Values};
use crate::layout::Layout;
use crate::response::PageResponse;

/// Page with the form of a coupon.
#[derive(Template)]
#[template(path = "form.html")]
pub(super) struct FormPage {
    pub(super) layout: Layout,
    pub(super) heading: String,
    pub(super) intro: &'static str,
    pub(super) form: Form,
}

/// Shows the empty form.
pub(crate) fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let mut values = Values::default();
    for (name, value) in [
        ("code_type", "shared"),
        ("discount_type", "percentage"),
        ("duration", "once"),
        ("combinable", "on"),
        ("release_on", "payment_failed"),
        ("release_on", "order_cancelled"),
        ("release_on", "refunded"),
    ] {
        values.add(name, value);
    }
    page(context, 200, &values, &[])
}

fn page<A: Api>(context: &Context<'_, A>, status: u16, values: &Values, faults: &[Fault]) -> PageResult {
    let page = FormPage {
        layout: Layout::new(context.request, context.person, "coupons", "New coupon"),
        heading: "New coupon".to_owned(),
        intro: "Only code, name and discount are required. Customers can use the coupon at once, unless you set a \
                start.",
        form: Form::new("Create coupon", sections(Purpose::Create), values).with_faults(faults),
    };
    Ok(PageResponse::html(status, page.render()?))
}

/// Creates the coupon, or shows the form with its faults.
pub(crate) async fn submit<A: Api>(context: &Context<'_, A>) -> PageResult {
    let values = Values::of(&context.request.form);
    let (mut terms, mut faults) = read_terms(&values);
    faults.extend(resolve_backup(context, &mut terms).await?);
    if !faults.is_empty() {
        return page(context, 422, &values, &faults);
    }
    let request = ApiRequest::new(Operation::CreateCoupon, "").json(without_nulls(terms));
    let response = context.api.send(request).await;
    match response.body["id"].as_str() {
        Some(id) if response.status < 400 => Ok(PageResponse::see_other(format!("{id}?done=created"))),
        _ => {
            let failure = Failure::of(&response);
            page(context, failure.status, &values, &faults_of(&failure))
        }
    }
}

/// Returns the faults of a problem. A problem without a list of faults yields one fault. This fault belongs to the
/// field of the code if the status is 409 (the code is taken), and otherwise to the whole form.
pub(super) fn faults_of(failure: &Failure) -> Vec<Fault> {
    match failure.faults.is_empty() {
        false => failure.faults.clone(),
        true => {
            let pointer = if failure.status == 409 { "/code" } else { "" };
            vec![Fault { pointer: pointer.to_owned(), detail: failure.detail.clone() }]
        }
    }
}

/// Replaces the code of the backup coupon by its id. Returns a fault if no coupon has the code.
pub(super) async fn resolve_backup<A: Api>(
    context: &Context<'_, A>,
    terms: &mut Value,
) -> Result<Option<Fault>, Failure> {
    let Some(code) = terms["backup_coupon_id"].as_str().filter(|text| !text.starts_with("cpn_")) else {
        return Ok(None);
    };
    let request = ApiRequest::new(Operation::ListCoupons, "").with("code", code);
    let found = match read::<List<Coupon>>(context.api, request).await {
        Ok(list) => list.data.into_iter().next(),
        // The text is not a code.
        Err(failure) if failure.status == 422 => None,
        Err(failure) => return Err(failure),
    };
    let Some(coupon) = found else {
        let detail = format!("no coupon has the code {code}");
        return Ok(Some(Fault { pointer: "/backup_coupon_id".to_owned(), detail }));
    };
    terms["backup_coupon_id"] = coupon.id.into();
    Ok(None)
}
