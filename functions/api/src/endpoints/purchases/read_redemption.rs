//! `GET /v1/redemptions/{id}`

use couponflow_app::purchases::numbered_redemption::numbered;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::RedemptionRecord> {
    OperationDoc::json(tags::PURCHASES, "Read a redemption", 200, samples::purchases::redemption_record())
        .path_id("RedemptionId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::RedemptionRecord> {
    let id = call.id(RedemptionId::parse, "redemption")?;
    let redemption = numbered(call.store, &id).await.map_err(failure)?;
    let redemption = redemption.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Reply::json(200, &view::RedemptionRecord::from(&redemption)))
}
