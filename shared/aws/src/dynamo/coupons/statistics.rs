//! Stores statistics: one item with the totals in the coupon's partition, and one item per day.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::NaiveDate;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::statistics::Statistics;

use crate::dynamo::engine::item::{Item, n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;

/// Reads the counters of an item.
pub(crate) fn of_item(item: &Item) -> Statistics {
    let mut statistics = Statistics::default();
    for (name, value) in item {
        if let Some(count) = value.as_n().ok().and_then(|number| number.parse().ok()) {
            statistics.add(name, count);
        }
    }
    statistics
}

impl TenantStore {
    /// Builds a transactional update that adds counts to an item. `counts` must not be empty.
    pub(crate) fn add_statistics(&self, key: Key, counts: &Statistics) -> UpdateBuilder {
        let entries = counts.entries();
        let adds: Vec<String> = (0..entries.len()).map(|i| format!("#c{i} :c{i}")).collect();
        let mut update = self.table.update(key).update_expression(format!("ADD {} SET kind = :kind", adds.join(", ")));
        for (i, (name, count)) in entries.into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#c{i}"), name)
                .expression_attribute_values(format!(":c{i}"), n(count));
        }
        update.expression_attribute_values(":kind", s("STATS"))
    }

    pub(crate) async fn statistics(
        &self,
        query: &StatisticsQuery,
    ) -> Result<(Statistics, Vec<(NaiveDate, Statistics)>), StoreError> {
        let doing = "reading statistics";
        let total = match &query.coupon_id {
            Some(id) => self.keys.stats(id),
            None => self.keys.stats_without_coupon(),
        };
        let total = self.table.raw(total, doing).await?.map(|item| of_item(&item)).unwrap_or_default();
        let days = self.keys.stats_by_day(query.coupon_id.as_ref());
        let between = (query.from.to_string(), query.to.to_string());
        let items = self.table.partition_between(days, between, doing).await?;
        let day = |item: &Item| item.get("sk")?.as_s().ok()?.parse().ok();
        Ok((total, items.iter().filter_map(|item| Some((day(item)?, of_item(item)))).collect()))
    }
}
