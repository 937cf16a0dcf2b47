//! The table of all tenants, its strongly consistent reads, and updates of single items.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use couponflow_app::kernel::error::StoreError;

use super::conflict::ConflictClassifier;
use super::item::{Item, Stored, from_item, s};
use super::key::Key;
use crate::dynamo::automation::workflow_cache::WorkflowCache;
use crate::dynamo::delivery::pause_cache::PauseCache;
use crate::dynamo::tenants::profile_cache::ProfileCache;
use crate::failure::failed;

/// Default time for which a transaction that collides with other writes is retried. The retries and one more call take
/// less time than the functions' timeout, so the caller receives "busy" instead of a timeout.
const RETRY_BUDGET: Duration = Duration::from_secs(6);

/// Table of all tenants. [`TenantStores::of`](couponflow_app::tenants::ports::TenantStores::of) returns a handle for
/// one tenant.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) workflows: Arc<WorkflowCache>,
    pub(crate) profiles: Arc<ProfileCache>,
    pub(crate) mail_pauses: Arc<PauseCache>,
    /// Time for which a transaction that collides with other writes is retried.
    pub(crate) retry_budget: Duration,
}

impl Table {
    /// Creates a client of the table with this name.
    pub fn new(client: Client, name: String) -> Self {
        let config = client.config().to_builder().retry_classifier(ConflictClassifier).build();
        Self {
            client: Client::from_conf(config),
            name,
            workflows: Arc::default(),
            profiles: Arc::default(),
            mail_pauses: Arc::default(),
            retry_budget: RETRY_BUDGET,
        }
    }

    /// Returns a client that retries a transaction for at most `budget` while the transaction collides with other
    /// writes.
    pub fn with_retry_budget(self, budget: Duration) -> Self {
        Self { retry_budget: budget, ..self }
    }
}

impl Table {
    /// Starts an update of one item, outside a transaction. The caller adds the expression.
    pub(crate) fn update_item(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key.attributes()))
    }
}

// Every read in this block is strongly consistent.
impl Table {
    /// Reads and parses one item.
    pub(crate) async fn get<T: Stored>(&self, key: Key, doing: &'static str) -> Result<Option<T>, StoreError> {
        self.raw(key, doing).await?.map(|item| from_item(item, doing)).transpose()
    }

    /// Reads one item without parsing it.
    pub(crate) async fn raw(&self, key: Key, doing: &'static str) -> Result<Option<Item>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.name).set_key(Some(key.attributes())).consistent_read(true);
        Ok(request.send().await.map_err(|error| failed(doing)(error.into()))?.item)
    }

    /// Reads the items of a partition whose sort keys lie between two bounds, both inclusive. Follows all pages.
    pub(crate) async fn partition_between(
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

    /// Starts a query of a list in `gsi1`. The caller adds the key condition, and refers to the
    /// list as `:list`.
    pub(crate) fn query_index(&self, list: String) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name).index_name("gsi1");
        query.expression_attribute_values(":list", s(list))
    }

    /// Reads every item of a partition. Follows all pages.
    pub(crate) async fn partition(&self, pk: String, doing: &'static str) -> Result<Vec<Item>, StoreError> {
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
}
