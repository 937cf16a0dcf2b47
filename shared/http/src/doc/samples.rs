//! Examples for the OpenAPI document. Examples of requests and events are files of
//! `events/samples`. The code builds the examples of responses.
#![expect(clippy::expect_used, reason = "only generators and tests run this code; an invalid sample must stop them")]

/// Reads a file of `events/samples` as JSON.
macro_rules! sample_file {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../events/samples/",
            $name,
            ".json"
        )))
        .expect("the sample is valid JSON")
    };
}

pub mod automation;
pub mod codes;
pub mod contacts;
pub mod coupons;
pub mod delivery;
pub mod purchases;
pub mod tenants;

use chrono::{DateTime, Utc};
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{EventType, sample};
use couponflow_domain::kernel::ids::EventId;
use serde_json::Value;

/// Returns the request body of a sample API Gateway event.
fn body(request: Value) -> Value {
    serde_json::from_str(request["body"].as_str().unwrap_or_default()).expect("the body of the sample is valid JSON")
}

/// Returns an example of an event, in the format in which EventBridge delivers events.
pub fn event(kind: EventType) -> Value {
    serde_json::from_str(sample(kind)).expect("the sample is valid JSON")
}

/// Returns an example of the event that an erasure is complete.
pub fn contact_erased() -> Value {
    serde_json::from_str(ContactErased::sample()).expect("the sample is valid JSON")
}

/// Returns the current time in the examples that the code builds: 2026-11-22T15:00:00Z.
fn example_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_359_600, 0).unwrap_or_default()
}

/// Id of the event in examples.
pub fn event_id() -> EventId {
    EventId::new(example_time(), [0; 10])
}
