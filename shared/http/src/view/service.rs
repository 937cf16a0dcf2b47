//! The OpenAPI document and the health of the API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

/// The OpenAPI document.
#[derive(Debug, Serialize)]
pub struct Document(pub Value);

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

/// Health of the API.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
}

impl Health {
    /// Creates the answer of an API that is up.
    pub fn ok() -> Self {
        Self { status: "ok" }
    }
}
