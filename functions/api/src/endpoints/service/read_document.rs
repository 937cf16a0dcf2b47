//! `GET /openapi.json`

use couponflow_aws::dynamo::Table;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Reply, openapi, view};
use serde_json::json;

pub(crate) fn doc() -> OperationDoc<view::Document> {
    let example = json!({"openapi": "3.1.0", "info": {"title": "couponflow", "version": "0.1.0"}, "paths": {}});
    OperationDoc::json(tags::SERVICE, "Read this document", 200, view::Document(example))
}

pub(crate) async fn handle(_: &Table, _: &str) -> EndpointResult<view::Document> {
    Ok(Reply::json(200, &view::Document(openapi::document())))
}
