//! Unique codes of a coupon: list, generation and import.

use askama::Template;
use couponflow_http::Operation;
use serde_json::{Value, json};

use crate::api::{Api, ApiBody, ApiRequest};
use crate::context::Context;
use crate::entry;
use crate::facts::{Coupon, List, UniqueCode};
use crate::failure::{Failure, Fault, PageResult, read};
use crate::form::{Field, Form, IDEMPOTENCY_KEY, Kind, Section, Values};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "coupons/codes.html")]
struct CodesPage<'a> {
    layout: Layout,
    coupon: Coupon,
    codes: Vec<UniqueCode>,
    status: &'a str,
    next: String,
    generate: Form,
    import: Form,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    page(context, 200, id, &Values::default(), &[]).await
}

async fn page<A: Api>(
    context: &Context<'_, A>,
    status: u16,
    id: &str,
    values: &Values,
    faults: &[Fault],
) -> PageResult {
    let request = context.request;
    let coupon: Coupon = read(context.api, ApiRequest::new(Operation::ReadCoupon, id)).await?;
    let list = ApiRequest::new(Operation::ListCodes, id)
        .with("status", request.query("status"))
        .with("cursor", request.query("cursor"));
    let list: List<UniqueCode> = read(context.api, list).await?;
    let is_import = values.get("work") == "import";
    let form = |work: &str, submit, fields| {
        let sections = vec![Section { legend: "", fields }];
        let mut form = Form::new(submit, sections, values).once(&request.nonce);
        form.hidden.push(("work", work.to_owned()));
        if is_import == (work == "import") { form.with_faults(faults) } else { form }
    };
    let page = CodesPage {
        layout: Layout::new(request, context.person, "coupons", format!("Codes of {}", coupon.name)),
        coupon,
        codes: list.data,
        status: request.query("status"),
        next: next_page(request, list.next_cursor.as_deref()),
        generate: form("generate", "Generate codes", generate_fields()),
        import: form("import", "Import codes", import_fields()),
    };
    Ok(PageResponse::html(status, page.render()?))
}

fn generate_fields() -> Vec<Field> {
    vec![
        Field::new("count", "Number of codes", "1 to 1,000,000.", Kind::Input("number"), &["/count"]).required(),
        Field::new(
            "prefix",
            "Prefix",
            "Letters and digits that every code starts with, such as VIP. Optional.",
            Kind::Input("text"),
            &["/prefix", "/length"],
        ),
    ]
}

fn import_fields() -> Vec<Field> {
    let hint = "One code per line, 3 to 40 letters and digits. At most 5,000 codes at a time; import larger files \
                through the API.";
    vec![Field::new("list", "Codes", hint, Kind::Area, &["line:"]).required()]
}

/// Starts a job that generates or imports codes.
pub(crate) async fn submit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let values = Values::of(&context.request.form);
    let request = ApiRequest::new(Operation::IssueCodes, id).once(values.get(IDEMPOTENCY_KEY));
    let request = match values.get("work") {
        "import" => ApiRequest { body: Some(ApiBody::Csv(values.get("list").to_owned())), ..request },
        _ => {
            let prefix = Some(values.get("prefix")).filter(|prefix| !prefix.is_empty());
            let body = json!({"count": entry::number(values.get("count")), "prefix": prefix});
            request.json(body)
        }
    };
    let response = context.api.send(request).await;
    match (&response.body["id"], response.status) {
        (Value::String(job), ..400) => Ok(PageResponse::see_other(format!("jobs/{job}"))),
        _ => {
            let failure = Failure::of(&response);
            let mut faults: Vec<Fault> = failure.faults.iter().map(at_its_line).collect();
            if faults.is_empty() {
                faults.push(Fault { pointer: String::new(), detail: failure.detail });
            }
            page(context, failure.status, id, &values, &faults).await
        }
    }
}

/// Adds the line number to the message of a fault, because all lines belong to one field.
fn at_its_line(fault: &Fault) -> Fault {
    match fault.pointer.strip_prefix("line:") {
        Some(line) => Fault { pointer: "line:".to_owned(), detail: format!("line {line}: {}", fault.detail) },
        None => fault.clone(),
    }
}
