//! `GET /v1/jobs/{id}`

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_domain::kernel::ids::JobId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Job> {
    OperationDoc::json(tags::COUPONS, "Read a job", 200, samples::coupons::job()).path_id("JobId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Job> {
    let id = call.id(JobId::parse, "job")?;
    let job = call.store.job(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("job"))?;
    Ok(Reply::json(200, &view::Job::from(&job)))
}
