//! Endpoint for the event log.

use chrono::{DateTime, Utc};
use couponflow_app::events::ports::{EventLog as _, EventQuery};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::ids::{CouponId, EventId};
use couponflow_http::{Answer, Problem, Request};

use crate::reply::{EndpointResult, failure};

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
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
    if page.cursor.as_deref().is_some_and(|cursor| EventId::parse(cursor).is_err()) {
        return Err(Problem::invalid_cursor());
    }
    let page = store.events(&query, &page, System.now()).await.map_err(failure)?;
    Ok(Answer::page(page.data, page.next_cursor))
}
