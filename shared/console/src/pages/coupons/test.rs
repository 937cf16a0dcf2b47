//! Test of codes on an order: the price, and how each term of each coupon judges the order. Nothing is recorded.

use askama::Template;
use couponflow_http::Operation;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::entry;
use crate::failure::{Failure, Fault, PageResult};
use crate::form::{Field, Form, Kind, Section, Values};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

const PRODUCT_TYPES: &[(&str, &str)] = &[("one_time", "One-time purchase"), ("recurring", "Subscription")];

/// Priced order.
#[derive(Debug, Deserialize)]
struct Preview {
    order_value: Value,
    discount: Value,
    total: Value,
    results: Vec<Outcome>,
}

/// Outcome of one code.
#[derive(Debug, Deserialize)]
struct Outcome {
    status: String,
    code: String,
    coupon_id: Option<String>,
    discount: Option<Value>,
    rejection: Option<Rejection>,
    #[serde(default)]
    terms: Vec<Term>,
}

/// Reason of a rejection.
#[derive(Debug, Deserialize)]
struct Rejection {
    detail: String,
}

/// Judgement of a term.
#[derive(Debug, Deserialize)]
struct Term {
    term: String,
    held: bool,
    expected: Value,
    received: Value,
}

impl Term {
    fn expected(&self) -> String {
        shown(&self.expected)
    }

    fn received(&self) -> String {
        shown(&self.received)
    }
}

/// Returns a value of a judgement in words.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format::state(text),
        Value::Object(members) if members.contains_key("currency") => format::amounts(value),
        Value::Object(members) => {
            let filled = members.iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()));
            filled
                .map(|(name, value)| format!("{}: {}", format::state(name), shown(value)))
                .collect::<Vec<_>>()
                .join("; ")
        }
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[derive(Template)]
#[template(path = "coupons/test.html")]
struct TestPage {
    layout: Layout,
    form: Form,
    preview: Option<Preview>,
}

fn fields() -> Vec<Field> {
    let text = Kind::Input("text");
    let field = |name, label, hint, pointers| Field::new(name, label, hint, text.clone(), pointers);
    vec![
        field("codes", "Codes", "Separate codes by commas. At most 10.", &["/codes", "/code"][..]).required(),
        field("price", "Price of the order", "Such as 49.00 USD.", &["/order/lines/0/unit_amount", "/order/currency"])
            .required(),
        field("product_id", "Product’s id", "Optional.", &["/order/lines/0/product_id"]),
        field("collections", "Ids of its collections", "Optional.", &["/order/lines/0/collection_ids"]),
        Field::new(
            "product_type",
            "Type of product",
            "",
            Kind::Select(PRODUCT_TYPES),
            &["/order/lines/0/product_type"],
        ),
        field("email", "Customer’s e-mail address", "Optional. For limits per customer.", &["/customer"]),
    ]
}

/// Shows the form, and the result if the address has codes.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let values = Values::of(&request.query);
    let mut form = Form::new("Test the codes", vec![Section { legend: "", fields: fields() }], &values);
    let (mut preview, mut status) = (None, 200);
    if !values.get("price").is_empty() {
        match priced(context, &values).await {
            Ok(priced) => preview = Some(priced),
            Err(failure) if failure.status == 422 => {
                status = 422;
                form = form.with_faults(&failure.faults);
            }
            Err(failure) => return Err(failure),
        }
    }
    let layout = Layout::new(request, context.person, "coupons", "Test codes");
    Ok(PageResponse::html(status, TestPage { layout, form, preview }.render()?))
}

async fn priced<A: Api>(context: &Context<'_, A>, values: &Values) -> Result<Preview, Failure> {
    let Some(price) = entry::money(values.get("price")) else {
        let detail = "must be an amount with its currency, such as 49.00 USD".to_owned();
        let fault = Fault { pointer: "/order/currency".to_owned(), detail: detail.clone() };
        return Err(Failure { status: 422, detail, faults: vec![fault] });
    };
    let product_id = Some(values.get("product_id")).filter(|id| !id.is_empty()).unwrap_or("test");
    let product_type = Some(values.get("product_type")).filter(|kind| !kind.is_empty()).unwrap_or("one_time");
    let line = json!({"product_id": product_id, "collection_ids": values.parts("collections"),
        "product_type": product_type, "quantity": 1, "unit_amount": price.amount});
    let order = json!({"id": "console-test", "currency": price.currency.code(), "lines": [line]});
    let mut body = json!({"codes": values.parts("codes"), "order": order});
    if !values.get("email").is_empty() {
        body["customer"] = json!({"email": values.get("email")});
    }
    crate::failure::read(context.api, ApiRequest::new(Operation::PreviewOrder, "").json(body)).await
}
