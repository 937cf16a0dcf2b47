//! Page of a redemption, and its rollback.

use askama::Template;
use couponflow_http::Operation;
use serde::Deserialize;
use serde_json::json;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Coupon, Redemption};
use crate::failure::{PageResult, read, send};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

/// Reasons of a rollback: value and label.
const REASONS: [(&str, &str); 3] =
    [("order_cancelled", "Order cancelled"), ("refunded", "Refunded"), ("payment_failed", "Payment failed")];

/// Coupon with its release policy.
#[derive(Deserialize)]
struct Policy {
    #[serde(flatten)]
    coupon: Coupon,
    release_on: Vec<String>,
}

impl Policy {
    /// Says what a rollback for each reason does.
    fn effects(&self) -> Vec<(&'static str, &'static str, bool)> {
        let is_open = !["expired", "deleted"].contains(&self.coupon.status.as_str());
        let releases = |reason: &str| is_open && self.release_on.iter().any(|known| known == reason);
        REASONS.map(|(reason, label)| (reason, label, releases(reason))).into()
    }
}

#[derive(Template)]
#[template(path = "redemptions/detail.html")]
struct DetailPage {
    layout: Layout,
    redemption: Redemption,
    coupon: Coupon,
}

#[derive(Template)]
#[template(path = "redemptions/rollback.html")]
struct RollbackPage {
    layout: Layout,
    redemption: Redemption,
    policy: Policy,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let redemption: Redemption = read(context.api, ApiRequest::new(Operation::ReadRedemption, id)).await?;
    let coupon: Coupon = read(context.api, ApiRequest::new(Operation::ReadCoupon, &redemption.coupon_id)).await?;
    let title = format!("Redemption of {}", redemption.code);
    let page =
        DetailPage { layout: Layout::new(context.request, context.person, "redemptions", title), redemption, coupon };
    Ok(PageResponse::html(200, page.render()?))
}

/// Asks for the reason of a rollback and says what each reason does.
pub(crate) async fn confirm_rollback<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let redemption: Redemption = read(context.api, ApiRequest::new(Operation::ReadRedemption, id)).await?;
    let policy: Policy = read(context.api, ApiRequest::new(Operation::ReadCoupon, &redemption.coupon_id)).await?;
    let title = format!("Roll back the redemption of {}?", redemption.code);
    let page =
        RollbackPage { layout: Layout::new(context.request, context.person, "redemptions", title), redemption, policy };
    Ok(PageResponse::html(200, page.render()?))
}

/// Rolls the redemption back.
pub(crate) async fn roll_back<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let body = json!({"reason": context.request.field("reason")});
    send(context.api, ApiRequest::new(Operation::RollBackRedemption, id).json(body)).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=rolled_back")))
}
