//! `GET /v1/events`

use chrono::{DateTime, Utc};
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::ids::{CouponId, EventId};
use couponflow_http::doc::parameters::filter;
use couponflow_http::doc::reference::schema;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Problem, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::Event>> {
    let instant = || json!({"type": "string", "format": "date-time"});
    let kinds: Vec<&str> = EventType::ALL.iter().map(|kind| kind.detail_type()).collect();
    let filters = vec![
        filter("coupon_id", "Only events of this coupon.", schema("CouponId")),
        filter("type", "Only events of this type.", json!({"type": "string", "enum": kinds})),
        filter("from", "Only events at or after this instant.", instant()),
        filter("to", "Only events before this instant.", instant()),
    ];
    let example = view::Event(samples::event(EventType::CouponRedeemed));
    OperationDoc::list(tags::EVENTS, "List events", example, filters).description(
        "Lists events of the last 90 days. One request examines at most 2,000 events, and skips at most 14 days \
         without a matching event. Therefore, a page can be short or empty and still have a `next_cursor`.",
    )
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::Event>> {
    let request = call.request;
    let instant = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.with_timezone(&Utc))
            .map_err(|_| "must be an RFC 3339 instant with an offset")
    };
    let kind = |name: &str| {
        let found = EventType::ALL.iter().copied().find(|kind| kind.detail_type() == name);
        found.ok_or("must be a detail-type, such as CouponRedeemed")
    };
    let query = EventQuery {
        coupon_id: request.query_as("coupon_id", CouponId::parse)?,
        kind: request.query_as("type", kind)?,
        from: request.query_as("from", instant)?,
        to: request.query_as("to", instant)?,
    };
    let page = request.page(EventId::PREFIX, &["coupon_id", "type", "from", "to"])?;
    if page.cursor.as_ref().is_some_and(|cursor| EventId::parse(cursor.as_str()).is_err()) {
        return Err(Problem::invalid_cursor());
    }
    let page = call.store.events(&query, &page, System.now()).await.map_err(failure)?;
    Ok(Reply::stored_page(page, view::Event))
}
