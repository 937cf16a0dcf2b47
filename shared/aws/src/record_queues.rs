//! Queues for stream records that cannot be relayed now: the retry queue and the dead-letter queue of the relay.

use couponflow_app::events::ports::RecordQueues;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::{Value, json};

use crate::queue::Queue;

/// The queues of the relay.
#[derive(Debug, Clone)]
pub struct RelayQueues {
    /// Delivers records to the relay again.
    pub retries: Queue,
    /// Keeps records that cannot be processed.
    pub dead_letters: Queue,
}

impl RecordQueues for RelayQueues {
    async fn defer(&self, tenant: &TenantId, records: &[&Value], cause: &StoreError) -> Result<(), StoreError> {
        self.retries.send(message(records), &chain(cause), Some(tenant)).await
    }

    async fn set_aside(&self, record: &Value, cause: &StoreError) -> Result<(), StoreError> {
        self.dead_letters.send(message(&[record]), &chain(cause), None).await
    }
}

/// Builds the body of a message. Both queues contain the same form, so that a message can be moved from one queue to the
/// other.
fn message(records: &[&Value]) -> String {
    json!({"records": records}).to_string()
}

/// Reads the stream records from the body of a message, in order. Earlier versions sent a single record as the body.
///
/// # Errors
/// Returns an error if the body is not valid JSON.
pub fn records_of(body: &str) -> Result<Vec<Value>, StoreError> {
    // The parser's error can quote the body, which can contain personal data.
    let invalid = |_| StoreError::unprocessable("reading stream records from a queue", "the body is not valid JSON");
    let mut body = serde_json::from_str::<Value>(body).map_err(invalid)?;
    match body.get_mut("records").map(Value::take) {
        Some(Value::Array(records)) => Ok(records),
        Some(_) | None => Ok(vec![body]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_this_and_of_earlier_versions_are_read() {
        let (first, second) = (json!({"eventID": "1"}), json!({"eventID": "2"}));
        assert_eq!(records_of(&message(&[&first, &second])).unwrap(), [first.clone(), second]);
        assert_eq!(records_of(&first.to_string()).unwrap(), [first]);
        assert!(records_of("{").is_err());
    }
}
