//! Events and executions that share an order or a customer id.

use std::collections::BTreeSet;

use couponflow_domain::contact::Contact;
use couponflow_domain::event::{CorrelationKey, Event};
use couponflow_domain::ids::ExecutionId;

use super::Stored;

/// Finds executions and purchases by correlation keys.
pub trait Correlation {
    /// From now on events with one of the keys are told to the execution.
    async fn listen_under(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> Stored<()>;
    /// From now on they are not.
    async fn stop_listening_under(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> Stored<()>;
    /// The executions that listen for events with one of the keys.
    async fn listeners(&self, keys: &BTreeSet<CorrelationKey>) -> Stored<BTreeSet<ExecutionId>>;
    /// Settles the applications of other contacts by the redemption that an event tells of, or the contact's own by those
    /// of others, where they share an order or a customer id. Events may come twice and in any order.
    async fn settle_purchases(&self, event: &Event, contact: Option<&Contact>) -> Stored<()>;
}
