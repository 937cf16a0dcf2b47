//! Page of a coupon: numbers, funnel, days and history.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Counts, Coupon, Day, Event, List, Statistics};
use crate::failure::{Failure, PageResult, read, send};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "coupons/detail.html")]
struct DetailPage {
    layout: Layout,
    coupon: Coupon,
    total: Counts,
    /// Days with activity, newest first.
    days: Vec<Day>,
    /// Largest number of redemptions on one day, at least 1.
    busiest: i64,
    /// Newest events.
    events: Vec<Event>,
}

impl DetailPage {
    /// Returns the stages of the funnel with their counts and their share of the attempts in percent.
    fn funnel(&self) -> Vec<(&'static str, i64, i64)> {
        let attempts = self.total.applied + self.total.all_rejected();
        let stages = [
            ("Applied", self.total.applied),
            ("Rejected", self.total.all_rejected()),
            ("Redeemed", self.total.redeemed),
            ("Rolled back", self.total.rolled_back),
            ("Abandoned", self.total.abandoned),
        ];
        stages.map(|(name, count)| (name, count, format::percent(count, attempts))).into()
    }
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let coupon: Coupon = read(context.api, ApiRequest::new(Operation::ReadCoupon, id)).await?;
    let statistics: Statistics = read(context.api, ApiRequest::new(Operation::ReadCouponStatistics, id)).await?;
    let events = ApiRequest::new(Operation::ListEvents, "").with("coupon_id", id).with("limit", "10");
    let events: List<Event> = read(context.api, events).await?;
    let is_active = |day: &Day| day.counts.applied + day.counts.redeemed + day.counts.all_rejected() > 0;
    let days: Vec<Day> = statistics.time_series.into_iter().rev().filter(is_active).collect();
    let page = DetailPage {
        layout: Layout::new(context.request, context.person, "coupons", coupon.name.as_str()),
        busiest: days.iter().map(|day| day.counts.redeemed).fold(1, i64::max),
        coupon,
        total: statistics.total,
        days,
        events: events.data,
    };
    Ok(PageResponse::html(200, page.render()?))
}

/// Pauses the coupon.
pub(crate) async fn pause<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    switch(context, Operation::PauseCoupon, id, "paused").await
}

/// Activates the coupon.
pub(crate) async fn activate<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    switch(context, Operation::ActivateCoupon, id, "activated").await
}

async fn switch<A: Api>(context: &Context<'_, A>, operation: Operation, id: &str, done: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(operation, id)).await?;
    let id = response.body["id"].as_str().ok_or_else(Failure::not_found)?;
    Ok(PageResponse::see_other(format!("../{id}?done={done}")))
}
