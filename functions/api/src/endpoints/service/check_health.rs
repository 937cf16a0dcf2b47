//! `GET /healthz`

use couponflow_aws::dynamo::Table;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Reply, view};

pub(crate) fn doc() -> OperationDoc<view::Health> {
    OperationDoc::json(tags::SERVICE, "Check that the API is up", 200, view::Health::ok())
}

pub(crate) async fn handle(_: &Table, _: &str) -> EndpointResult<view::Health> {
    Ok(Reply::json(200, &view::Health::ok()))
}
