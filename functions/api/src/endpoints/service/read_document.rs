//! `GET /openapi.json`

use std::borrow::Cow;

use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Reply, openapi};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::PublicCall;

/// The OpenAPI document.
#[derive(Debug, Serialize)]
pub(crate) struct Document(Value);

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["openapi", "info", "paths"],
            "description": "This OpenAPI document.",
        })
    }
}

pub(crate) fn doc() -> OperationDoc<Document> {
    let example = json!({"openapi": "3.1.0", "info": {"title": "couponflow", "version": "0.1.0"}, "paths": {}});
    OperationDoc::json(tags::SERVICE, "Read this document", 200, Document(example)).description(
        "The response is compressed if the request accepts gzip. Clients can store the response for an hour, and send its \
         `ETag` in `If-None-Match` afterwards: the status is 304 if the document is unchanged.",
    )
}

pub(crate) async fn handle(call: &PublicCall<'_>) -> EndpointResult<Document> {
    Ok(Reply::prepared(openapi::answer(call.request)))
}
