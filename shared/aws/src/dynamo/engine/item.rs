//! Converts between Rust types and items.
//!
//! # Stored forms and their versions
//!
//! Each kind of item has its own structs, beside the code that writes the item. They contain domain types only where
//! the domain type has one stable text form: ids, codes, names and names of variants. Conversions to and from the
//! domain name every field, so the compiler reports a new field of the domain. The golden files hold the stored forms.
//!
//! An item without the attribute `item_version` has version 1. No form has a second version today. To change a form,
//! keep a reader for the old form, because items can be years old, and instances of the old code still read and write
//! items during a deployment:
//!
//! - A new attribute is optional: `#[serde(default)]`, with the meaning of its absence in the comment. Example:
//!   `StoredTerms::only_for`.
//! - A changed attribute gets a new name. The reader prefers the new name.
//! - A form that is stored under another key or kind keeps the old struct. The reader reads the old item if the new item
//!   does not exist, and the next write replaces it. Examples: `CommonProgressItem` (`timers/timer.rs`), `SetAsideItem`
//!   (`timers/overdue.rs`).
//! - A changed key is read in both forms. Examples: `contact_id_of` (`contacts/contact.rs`), `suppressions`
//!   (`contacts/suppressions.rs`), `migrate_memberships` (`contacts/contact_sets.rs`).
//! - If the reader cannot tell two forms apart by their attributes, the new form has `item_version` = 2, and the
//!   reader selects the struct by this attribute.
//!
//! Then add a golden version, see `infra/CONTRIBUTING.md`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::unreadable::Unreadable;
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

/// Parses an item. The error names the path of the faulty attribute, and does not show its value.
pub(crate) fn from_item<T: Stored>(item: Item, doing: &'static str) -> Result<T, StoreError> {
    let item: HashMap<String, serde_dynamo::AttributeValue> = item.into_iter().map(|(k, v)| (k, v.into())).collect();
    let attributes = serde_dynamo::Deserializer::from_attribute_value(serde_dynamo::AttributeValue::M(item));
    serde_path_to_error::deserialize(attributes)
        .map_err(|error| StoreError::damaged(doing, Unreadable::at(T::KIND, error.path())))
}

/// Parses JSON that is stored as a text attribute. `what` names the content. The error names the path of the faulty
/// part, and does not show its value.
pub(crate) fn from_stored_json<T: DeserializeOwned>(
    json: &str,
    what: &'static str,
    doing: &'static str,
) -> Result<T, StoreError> {
    let mut json = serde_json::Deserializer::from_str(json);
    let parsed = serde_path_to_error::deserialize(&mut json);
    let parsed = parsed.map_err(|error| StoreError::damaged(doing, Unreadable::at(what, error.path())))?;
    json.end().map_err(|_| StoreError::damaged(doing, "text follows the JSON value")).map(|()| parsed)
}

/// Whether a number is zero. Serde omits some numbers in this case.
pub(crate) fn is_zero(number: &i64) -> bool {
    *number == 0
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
