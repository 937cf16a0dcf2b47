//! `POST /v1/coupons`

use couponflow_app::coupons::create_coupon::{self, CreateCouponOutcome};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::coupons::coupon::Terms;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Problem, ProblemCode, view};

use super::shared::{TERMS_RULES, answer};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Coupon> {
    OperationDoc::json(tags::COUPONS, "Create a coupon", 201, samples::coupons::coupon())
        .body("CouponInput", true, &[("flash_sale", samples::coupons::terms())])
        .rules(&TERMS_RULES)
        .fails_with([ProblemCode::CodeTaken])
        .link(Operation::ReadCoupon, "/id")
        .link(Operation::PauseCoupon, "/id")
        .link(Operation::ActivateCoupon, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Coupon> {
    let now = System.now();
    let terms = call.request.body(|body| input::read(body, Terms::read))?;
    match create_coupon::create(call.store, terms, call.seed, now).await.map_err(failure)? {
        CreateCouponOutcome::Created(coupon) => Ok(answer(201, &coupon, now)),
        CreateCouponOutcome::CodeTaken(code) => Err(Problem::conflict(
            ProblemCode::CodeTaken,
            format!("A coupon with the code {} already exists.", code.as_str()),
        )),
        CreateCouponOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}
