//! `DELETE /v1/coupons/{id}`

use couponflow_app::coupons::edit::{self, CouponEditOutcome};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, IfMatch, NoContent, Problem, Reply};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::COUPONS, "Delete a coupon")
        .description(
            "A new coupon can then have the code of the deleted coupon. The records and statistics of the deleted \
             coupon are kept.",
        )
        .path_id("CouponId")
        .requires_if_match()
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let id = call.id(CouponId::parse, "coupon")?;
    let expected = IfMatch::of(call.request)?;
    let now = System.now();
    match edit::delete(call.store, &id, |version| expected.accepts(version), now).await.map_err(failure)? {
        CouponEditOutcome::Done(_) => Ok(Reply::no_content()),
        CouponEditOutcome::Stale => Err(Problem::stale()),
        CouponEditOutcome::NotFound | CouponEditOutcome::Invalid(_) => Err(Problem::not_found("coupon")),
    }
}
