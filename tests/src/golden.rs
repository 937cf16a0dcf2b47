//! Golden data: items and events of earlier versions of the code. Every later version must be able
//! to read them.
//!
//! `tests/golden/<number>/` holds three files of one version. `items.json` is the whole table after
//! [`story::play`]. `reads.json` is the result of reading this table with [`reads::all`].
//! `events.json` contains the published events.
//!
//! `cargo run -p couponflow-tests --example golden -- <number>` writes the files of a new version.
//! Each new kind of item needs a new version. The files of an existing version never change.

pub mod reads;
pub mod story;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::table::{Dynamo, NAME};

type Item = HashMap<String, AttributeValue>;

/// Reads every item of the table as DynamoDB JSON, ordered by key.
pub async fn dump(dynamo: &Dynamo) -> Vec<Value> {
    let items = dynamo.client.scan().table_name(NAME).into_paginator().items().send();
    let items: Vec<Item> = items.collect::<Result<_, _>>().await.expect("the items of the table");
    let mut items: Vec<Value> = items.into_iter().map(json_of).collect();
    items.sort_by_cached_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
    items
}

/// Stores items as [`dump`] returned them.
pub async fn restore(dynamo: &Dynamo, items: &[Value]) {
    for item in items {
        let put = dynamo.client.put_item().table_name(NAME).set_item(Some(item_of(item)));
        put.send().await.expect("a stored item");
    }
}

/// Converts an item to DynamoDB JSON with sorted attributes and sets.
fn json_of(item: Item) -> Value {
    let mut attributes: Vec<(String, Value)> = item
        .into_iter()
        .map(|(name, value)| (name, json!(serde_dynamo::AttributeValue::from(value))))
        .map(|(name, value)| (name, ordered(value)))
        .collect();
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    attributes.into_iter().collect::<serde_json::Map<_, _>>().into()
}

/// Sorts the members of maps and sets, because DynamoDB returns them in any order.
fn ordered(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, value)| (name, ordered(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, value) in &mut members {
                if let (true, Some(set)) = (name.ends_with('S') && name.len() == 2, value.as_array_mut()) {
                    set.sort_by_key(Value::to_string);
                }
            }
            members.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(values) => values.into_iter().map(ordered).collect(),
        scalar => scalar,
    }
}

fn item_of(item: &Value) -> Item {
    let item: serde_dynamo::Item = serde_json::from_value(item.clone()).expect("an item in DynamoDB JSON");
    let item: HashMap<String, serde_dynamo::AttributeValue> = item.into();
    item.into_iter().map(|(name, value)| (name, value.into())).collect()
}
