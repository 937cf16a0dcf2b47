//! Event log.

use askama::Template;
use couponflow_domain::events::event::EventType;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Event, List};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "events/list.html")]
struct ListPage<'a> {
    layout: Layout,
    events: Vec<Event>,
    kind: &'a str,
    coupon_id: &'a str,
    from: &'a str,
    to: &'a str,
    next: String,
}

impl ListPage<'_> {
    /// Returns the types of events.
    fn kinds(&self) -> Vec<&'static str> {
        EventType::ALL.iter().map(|kind| kind.detail_type()).collect()
    }
}

/// Shows the page. The days of the filter are in UTC, and the last day is included.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let (kind, coupon_id) = (request.query("type"), request.query("coupon_id").trim());
    let (from, to) = (request.query("from"), request.query("to"));
    let start = |day: &str| if day.is_empty() { String::new() } else { format!("{day}T00:00:00Z") };
    let after = to.parse::<chrono::NaiveDate>().ok().and_then(|day| day.succ_opt());
    let list = ApiRequest::new(Operation::ListEvents, "")
        .with("type", kind)
        .with("coupon_id", coupon_id)
        .with("from", &start(from))
        .with("to", &start(&after.map_or_else(|| to.to_owned(), |day| day.to_string())))
        .with("cursor", request.query("cursor"));
    let list: List<Event> = read(context.api, list).await?;
    let page = ListPage {
        layout: Layout::new(request, context.person, "events", "Events"),
        events: list.data,
        kind,
        coupon_id,
        from,
        to,
        next: next_page(request, list.next_cursor.as_deref()),
    };
    Ok(PageResponse::html(200, page.render()?))
}
