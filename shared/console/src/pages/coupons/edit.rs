//! Form that edits the terms of a coupon.

use askama::Template;
use couponflow_http::Operation;
use serde_json::Value;

use super::create::{FormPage, faults_of, resolve_backup};
use super::terms_fields::{Purpose, sections};
use super::terms_read::read_terms;
use super::terms_write::{patch, values_of};
use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::failure::{Failure, Fault, PageResult, send};
use crate::form::{Form, Values};
use crate::layout::Layout;
use crate::response::PageResponse;

/// Shows the form with the current terms.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let coupon = send(context.api, ApiRequest::new(Operation::ReadCoupon, id)).await?;
    let etag = coupon.etag.unwrap_or_default();
    page(context, 200, &coupon.body, &etag, &values_of(&coupon.body), &[])
}

fn page<A: Api>(
    context: &Context<'_, A>,
    status: u16,
    coupon: &Value,
    etag: &str,
    values: &Values,
    faults: &[Fault],
) -> PageResult {
    let name = coupon["name"].as_str().unwrap_or_default();
    let mut form = Form::new("Save changes", sections(Purpose::Edit), values).with_faults(faults);
    form.hidden.push(("etag", etag.to_owned()));
    let page = FormPage {
        layout: Layout::new(context.request, context.person, "coupons", format!("Edit {name}")),
        heading: format!("Edit {name}"),
        intro: "Changes do not affect redemptions that already exist.",
        form,
    };
    Ok(PageResponse::html(status, page.render()?))
}

/// Saves the changed terms, or shows the form with its faults.
pub(crate) async fn submit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let current = send(context.api, ApiRequest::new(Operation::ReadCoupon, id)).await?;
    let values = Values::of(&context.request.form);
    let etag = context.request.field("etag");
    let current_etag = current.etag.unwrap_or_default();
    if etag != current_etag {
        let detail = "The coupon has changed since you opened the form. The form shows your values. Compare them with \
                      the coupon. If you save again, your values replace the current terms.";
        let fault = Fault { pointer: String::new(), detail: detail.to_owned() };
        return page(context, 412, &current.body, &current_etag, &values, &[fault]);
    }
    let (mut terms, mut faults) = read_terms(&values);
    faults.extend(resolve_backup(context, &mut terms).await?);
    if !faults.is_empty() {
        return page(context, 422, &current.body, etag, &values, &faults);
    }
    let (before, _) = read_terms(&values_of(&current.body));
    let patch = patch(&before, &terms);
    if patch.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(PageResponse::see_other(format!("../{id}?done=unchanged")));
    }
    let request = ApiRequest::new(Operation::EditCoupon, id).json(patch).if_match(etag);
    let response = context.api.send(request).await;
    if response.status < 400 {
        return Ok(PageResponse::see_other(format!("../{id}?done=saved")));
    }
    let failure = Failure::of(&response);
    page(context, failure.status, &current.body, &current_etag, &values, &faults_of(&failure))
}
