//! `GET /healthz`

use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Reply};
use schemars::JsonSchema;
use serde::Serialize;

use crate::call::PublicCall;

/// Result of the health check.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
}

pub(crate) fn doc() -> OperationDoc<Health> {
    OperationDoc::json(tags::SERVICE, "Check that the API is up", 200, Health { status: "ok" })
}

pub(crate) async fn handle(_: &PublicCall<'_>) -> EndpointResult<Health> {
    Ok(Reply::json(200, &Health { status: "ok" }))
}
