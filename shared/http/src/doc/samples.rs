//! Examples of the OpenAPI document: the request and event samples in `events/samples`, and the responses that the code builds
//! from them.
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

use chrono::{DateTime, Utc};
use couponflow_domain::events::event::{EventType, sample};
use couponflow_domain::kernel::ids::EventId;
use serde_json::Value;

/// Returns the request body of a sample API Gateway event.
fn body(request: Value) -> Value {
    serde_json::from_str(request["body"].as_str().unwrap_or_default()).expect("the body of the sample is valid JSON")
}

/// An event as EventBridge delivers it.
pub fn event(kind: EventType) -> Value {
    serde_json::from_str(sample(kind)).expect("the sample is valid JSON")
}

/// The time of all examples: 2026-11-22T15:00:00Z.
fn example_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_359_600, 0).unwrap_or_default()
}

/// Id of the event in examples.
pub fn event_id() -> EventId {
    EventId::new(example_time(), [0; 10])
}
