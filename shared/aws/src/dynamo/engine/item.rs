//! Converts between Rust types and items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use crate::failure::failed;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Type that is stored as one item. `KIND` is the value of the item's `kind` attribute. Consumers
/// of the stream select items by this attribute.
pub(crate) trait Stored: Serialize + DeserializeOwned {
    const KIND: &'static str;
}

/// Serializes a value as the item at `key`.
pub(crate) fn to_item<T: Stored>(key: Key, value: &T, doing: &'static str) -> Result<Item, StoreError> {
    let mut item: Item =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|error| failed(doing)(Box::new(error)))?;
    item.extend(key.attributes());
    item.insert("kind".to_owned(), AttributeValue::S(T::KIND.to_owned()));
    Ok(item)
}

/// Parses an item.
pub(crate) fn from_item<T: Stored>(item: Item, doing: &'static str) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| StoreError::Damaged { doing, detail: format!("{}: {error}", T::KIND) })
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
