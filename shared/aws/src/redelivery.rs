//! Delays messages that could not be processed.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::chain;
use couponflow_app::kernel::redelivery::{LONGEST, redelivery_delay};
use couponflow_app::kernel::system::{Clock, Rng};
use serde_json::Value;

use crate::queue::Queue;

/// Delays the next delivery of a message, at least until `not_before`. The delay grows with each delivery. `message` is
/// a record of a Lambda event. If the delay can't be set, the message is delivered again after the queue's visibility
/// timeout.
pub async fn delay(queue: &Queue, message: &Value, not_before: Option<DateTime<Utc>>, system: &(impl Clock + Rng)) {
    let deliveries = message["attributes"]["ApproximateReceiveCount"].as_str().and_then(|count| count.parse().ok());
    let random = f64::from(system.bits()[0]) / f64::from(u8::MAX);
    let wait = not_before.and_then(|instant| (instant - system.now()).to_std().ok()).unwrap_or_default();
    let delay = redelivery_delay(deliveries.unwrap_or(1), random).max(wait).min(LONGEST);
    let receipt_handle = message["receiptHandle"].as_str().unwrap_or_default();
    if let Err(error) = queue.delay(receipt_handle, delay).await {
        tracing::warn!(message.id = %message["messageId"], error = %chain(&error), "Could not delay a message");
    }
}
