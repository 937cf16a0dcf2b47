//! Endpoints for redemptions.

use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::billing::billing_discount as billing_discount_of;
use couponflow_app::purchases::numbered_redemption::numbered;
use couponflow_app::purchases::ports::{RedemptionQuery, Redemptions as _};
use couponflow_app::purchases::roll_back;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::Billing;
use couponflow_domain::purchases::customer::Email;
use couponflow_http::{Answer, Problem, Request, view};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn read(store: &TenantStore, redemption_id: &str) -> EndpointResult {
    let id = id(RedemptionId::parse, redemption_id, "redemption")?;
    let redemption = numbered(store, &id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Answer::json(200, view::redemption_record(&redemption)))
}

pub(crate) async fn roll_back(store: &TenantStore, request: &Request, redemption_id: &str) -> EndpointResult {
    let id = id(RedemptionId::parse, redemption_id, "redemption")?;
    let reason = match request.is_empty() {
        true => RollbackReason::OrderCancelled,
        false => request.body(|body| input::read(body, RollbackReason::read))?,
    };
    let rolled_back = roll_back::roll_back_when_numbered(store, &id, reason, System.now(), &request.id).await;
    let redemption = rolled_back.map_err(failure)?.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Answer::json(200, view::redemption_record(&redemption)))
}

/// Lists the redemptions that have a sequence number, newest first. The filters are coupon, code,
/// order and customer.
pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let any = |text: &str| Ok::<_, &str>(text.to_owned());
    let query = RedemptionQuery {
        coupon_id: request.query_as("coupon_id", CouponId::parse)?,
        code: request.query_as("code", CouponCode::parse)?,
        order_id: request.query_as("order_id", any)?,
        customer_email: request.query_as("customer_email", Email::parse)?,
        customer_id: request.query_as("customer_id", any)?,
    };
    let filters = ["coupon_id", "code", "order_id", "customer_email", "customer_id"];
    let page = store.redemptions(&query, &request.page(RedemptionId::PREFIX, &filters)?).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::redemption_record).collect(), page.next_cursor))
}

/// Returns the discount on a later payment of the subscription that started with the redemption's
/// order.
pub(crate) async fn billing_discount(store: &TenantStore, request: &Request, redemption_id: &str) -> EndpointResult {
    request.only(&["billing_date", "subscription_started_on"])?;
    let id = id(RedemptionId::parse, redemption_id, "redemption")?;
    let required = || Problem::invalid_parameter("billing_date", "is required: a day, such as 2026-12-01");
    let billing_date = request.day("billing_date")?.ok_or_else(required)?;
    let started_on = request.day("subscription_started_on")?;
    let redemption = store.redemption(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("redemption"))?;
    let billing = Billing { date: billing_date, subscription_started_on: started_on };
    match billing_discount_of(store, &redemption, &billing).await.map_err(failure)? {
        Some(discount) => Ok(Answer::json(200, view::billing_discount(&redemption, billing_date, &discount))),
        None => {
            let started_on = billing.started_on(&redemption);
            let detail = format!("must not be before the subscription's start on {started_on}");
            Err(Problem::invalid_parameter("billing_date", &detail))
        }
    }
}
