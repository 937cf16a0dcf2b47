//! Converts between Rust types and items, and builds reads and transaction elements.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use couponflow_app::error::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::Key;
use super::{Table, failed};

pub(super) type Item = HashMap<String, AttributeValue>;

/// A type that is stored as one item. `KIND` becomes the item's `kind` attribute, which stream consumers select by.
pub(super) trait Stored: Serialize + DeserializeOwned {
    const KIND: &'static str;
}

/// Serializes a value as the item at `key`.
pub(super) fn to_item<T: Stored>(key: Key, value: &T, doing: &'static str) -> Result<Item, StoreError> {
    let mut item: Item =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|error| failed(doing)(Box::new(error)))?;
    item.extend(key.attributes());
    item.insert("kind".to_owned(), AttributeValue::S(T::KIND.to_owned()));
    Ok(item)
}

/// Parses an item.
pub(super) fn from_item<T: Stored>(item: Item, doing: &'static str) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| StoreError::Damaged { doing, detail: format!("{}: {error}", T::KIND) })
}

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

// Every read in this block is strongly consistent.
impl Table {
    /// Reads and parses one item.
    pub(super) async fn get<T: Stored>(&self, key: Key, doing: &'static str) -> Result<Option<T>, StoreError> {
        self.raw(key, doing).await?.map(|item| from_item(item, doing)).transpose()
    }

    /// Reads one item without parsing it.
    pub(super) async fn raw(&self, key: Key, doing: &'static str) -> Result<Option<Item>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.name).set_key(Some(key.attributes())).consistent_read(true);
        Ok(request.send().await.map_err(|error| failed(doing)(error.into()))?.item)
    }

    /// Reads the items of a partition whose sort keys lie between two bounds, both inclusive. Follows all pages.
    pub(super) async fn partition_between(
        &self,
        pk: String,
        (first, last): (String, String),
        doing: &'static str,
    ) -> Result<Vec<Item>, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<Vec<_>, _>>().await.map_err(|error| failed(doing)(error.into()))
    }

    /// Reads every item of a partition. Follows all pages.
    pub(super) async fn partition(&self, pk: String, doing: &'static str) -> Result<Vec<Item>, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<Vec<_>, _>>().await.map_err(|error| failed(doing)(error.into()))
    }

    /// Builds a transactional put that requires that the item does not exist.
    pub(super) fn put_new(&self, item: Item) -> PutBuilder {
        self.put(item).condition_expression("attribute_not_exists(pk)")
    }

    /// Builds a transactional put.
    pub(super) fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    /// Builds a transactional update.
    pub(super) fn update(&self, key: Key) -> UpdateBuilder {
        Update::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }

    /// Builds a transactional condition check on an item that the transaction does not change.
    pub(super) fn check(&self, key: Key) -> ConditionCheckBuilder {
        ConditionCheck::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }

    /// Builds a transactional delete.
    pub(super) fn delete(&self, key: Key) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key.attributes()))
    }
}

/// Converts an operation's builder into an element of a transaction.
pub(super) trait IntoElement {
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
