//! Events of the event log.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::doc::reference;

/// An event as published on the bus. The schema is the component `Event` of the OpenAPI document.
#[derive(Debug, Serialize)]
pub struct Event(pub Value);

impl JsonSchema for Event {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(reference::schema("Event")).unwrap_or_default()
    }
}
