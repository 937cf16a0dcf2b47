//! Index of executions by correlation key: order id or customer id.

use std::collections::BTreeSet;

use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::{CorrelationKey, Event};
use couponflow_domain::kernel::ids::ExecutionId;

use crate::kernel::error::StoreResult;

/// Finds executions and purchases by correlation key. An execution that subscribes to a key is
/// notified of the events of that order or customer.
pub trait Correlation {
    /// Subscribes the execution to events with one of the keys.
    async fn listen_by_key(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> StoreResult<()>;
    /// Ends the subscription of the execution under these keys.
    async fn stop_listening_by_key(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> StoreResult<()>;
    /// Returns the executions that are subscribed to events with one of the keys.
    async fn listeners(&self, keys: &BTreeSet<CorrelationKey>) -> StoreResult<BTreeSet<ExecutionId>>;
    /// Settles applications across contacts that share an order id or a customer id. If one contact
    /// applied a coupon and the other contact redeemed the coupon, the application is settled: the
    /// application no longer counts as applied but not redeemed.
    ///
    /// - A redemption event settles the applications of the other contacts.
    /// - An application event settles its application if another contact has already redeemed the
    ///   coupon.
    /// - A rollback event undoes the settlements of its redemption.
    ///
    /// Events can arrive twice and in any order.
    async fn settle_purchases(&self, event: &Event, contact: Option<&Contact>) -> StoreResult<()>;
}
