//! Deletes the items of a tenant, wherever in the table they are.
//!
//! The items have no common index: reading the whole table is the only way that also finds items of a kind that a later
//! version adds. A scan reads keys and the id of the tenant only, because the role permits no other attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, Select, WriteRequest};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::system::Rng as _;
use couponflow_app::tenants::ports::BeginOutcome;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::tenants::deletion::Deletion;
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::tenants::secret::TenantSecret;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use super::stored_tenant::StoredTenant;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{s, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;
use crate::system::System;

/// Maximum number of items that one part of the table has.
const PART: i32 = 1000;

/// Items per `BatchWriteItem` call: the limit of DynamoDB.
const BATCH: usize = 25;

/// Maximum number of concurrent `BatchWriteItem` calls.
const CONCURRENCY: usize = 8;

/// Maximum number of attempts to begin while another operator changes the state of the tenant.
const ATTEMPTS: usize = 4;

impl TenantStore {
    pub(crate) async fn begin_deletion(&self, now: DateTime<Utc>) -> Result<BeginOutcome, StoreError> {
        let doing = "beginning the deletion of a tenant";
        for _ in 0..ATTEMPTS {
            let stored: Option<StoredTenant> = self.table.get(self.keys.tenant_item(), doing).await?;
            let Some(stored) = stored else { return Ok(BeginOutcome::Unknown) };
            match stored.state() {
                TenantState::Active => return Ok(BeginOutcome::NotSuspended),
                TenantState::Deleted => {
                    let deletion = stored.deletion().unwrap_or_else(|| Deletion::new(now)).resumed(now);
                    return Ok(BeginOutcome::Begun(deletion));
                }
                TenantState::Suspended => {}
            }
            let deletion = Deletion::new(now);
            // A new secret, because digests that are keyed with the old one identify persons.
            let secret = TenantSecret::new(std::array::from_fn(|_| System.bits()));
            let item = to_item(self.keys.tenant_item(), &stored.deleted(&secret, &deletion, now), doing)?;
            let put = self
                .table
                .put(item)
                .condition_expression("#state = :suspended")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":suspended", s("suspended"));
            if self.commit(vec![put.element(doing)?], Change::of(&self.keys.tenant), doing).await?.is_committed() {
                return Ok(BeginOutcome::Begun(deletion));
            }
        }
        Err(StoreError::Busy { doing })
    }

    pub(crate) async fn save_deletion(&self, deletion: &Deletion) -> Result<(), StoreError> {
        let doing = "saving the progress of the deletion of a tenant";
        let update = self
            .table
            .update_item(self.keys.tenant_item())
            .update_expression("SET deletion = :deletion")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":deletion", StoredTenant::deletion_attribute(deletion, doing)?);
        update.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    pub(crate) async fn delete_part(&self, cursor: Option<&Cursor>) -> Result<(i64, Option<Cursor>), StoreError> {
        let doing = "deleting items of a tenant";
        let start = cursor.map(|cursor| position(cursor, doing)).transpose()?;
        let part = self
            .table
            .client
            .scan()
            .table_name(&self.table.name)
            .limit(PART)
            .set_exclusive_start_key(start.map(Key::attributes))
            .select(Select::SpecificAttributes)
            .projection_expression("#pk, #sk")
            .filter_expression("begins_with(#pk, :prefix) OR #tenant = :tenant OR #timer.#tenant = :tenant")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_names("#tenant", "tenant_id")
            .expression_attribute_names("#timer", "timer")
            .expression_attribute_values(":prefix", s(self.keys.list("")))
            .expression_attribute_values(":tenant", s(self.keys.tenant.as_str()))
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let keys: Vec<Key> = part.items().iter().filter_map(Key::of).collect();
        let batches = keys.chunks(BATCH).map(|keys| self.delete_batch(keys, doing));
        stream::iter(batches).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
        let next = part.last_evaluated_key().map(|last| cursor_of(last, doing)).transpose()?;
        Ok((i64::try_from(keys.len()).unwrap_or(i64::MAX), next))
    }

    async fn delete_batch(&self, keys: &[Key], doing: &'static str) -> Result<(), StoreError> {
        let delete = |key: &Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone().attributes())).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let deletes: Result<Vec<_>, _> = keys.iter().map(delete).collect();
        self.table.write_batch(deletes.map_err(|error| failed(doing)(error.into()))?, doing).await
    }
}

/// Converts the last key of a part to a cursor.
fn cursor_of(last: &HashMap<String, AttributeValue>, doing: &'static str) -> Result<Cursor, StoreError> {
    let key = Key::of(last).ok_or_else(|| StoreError::damaged(doing, "the last key is incomplete".to_owned()))?;
    let text = serde_json::to_string(&(key.pk, key.sk)).map_err(|error| failed(doing)(error.into()))?;
    Ok(Cursor::new(text))
}

fn position(cursor: &Cursor, doing: &'static str) -> Result<Key, StoreError> {
    let (pk, sk): (String, String) =
        serde_json::from_str(cursor.as_str()).map_err(|error| StoreError::damaged(doing, error))?;
    Ok(Key::new(pk, sk))
}
