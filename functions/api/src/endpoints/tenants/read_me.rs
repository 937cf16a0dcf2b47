//! `GET /v1/me`

use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Reply, view};

use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<view::Me> {
    OperationDoc::json(tags::ACCESS, "Read the caller", 200, samples::tenants::me())
        .description("Returns the tenant and the key of the request. Use it to check a key.")
        .query_parameters(Vec::new())
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Me> {
    call.request.only(&[])?;
    Ok(Reply::json(200, &view::Me::from(&call.caller.key)))
}
