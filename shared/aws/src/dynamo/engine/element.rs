//! Builds the elements of transactions.

use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use couponflow_app::kernel::error::StoreError;

use super::item::Item;
use super::key::Key;
use super::table::Table;
use crate::failure::failed;

impl Table {
    /// Builds a transactional put that requires that the item does not exist.
    pub(crate) fn put_new(&self, item: Item) -> PutBuilder {
        self.put(item).condition_expression("attribute_not_exists(pk)")
    }

    /// Builds a transactional put.
    pub(crate) fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    /// Builds a transactional update.
    pub(crate) fn update(&self, key: Key) -> UpdateBuilder {
        Update::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }

    /// Builds a transactional condition check on an item that the transaction does not change.
    pub(crate) fn check(&self, key: Key) -> ConditionCheckBuilder {
        ConditionCheck::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }

    /// Builds a transactional delete.
    pub(crate) fn delete(&self, key: Key) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }
}

/// Converts an operation's builder into an element of a transaction.
pub(crate) trait IntoElement {
    fn element(self, doing: &'static str) -> Result<TransactWriteItem, StoreError>;
}

impl IntoElement for PutBuilder {
    fn element(self, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        let put = self.build().map_err(|error| failed(doing)(error.into()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl IntoElement for UpdateBuilder {
    fn element(self, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        let update = self.build().map_err(|error| failed(doing)(error.into()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

impl IntoElement for DeleteBuilder {
    fn element(self, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        let delete = self.build().map_err(|error| failed(doing)(error.into()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

impl IntoElement for ConditionCheckBuilder {
    fn element(self, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        let check = self.build().map_err(|error| failed(doing)(error.into()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
