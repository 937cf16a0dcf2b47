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
///
/// # Errors
/// Returns an error if a counter is not a number.
pub(crate) fn of_item(item: &Item, doing: &'static str) -> Result<Statistics, StoreError> {
    let mut statistics = Statistics::default();
    for (name, value) in item {
        let count: Option<i64> = value.as_n().ok().and_then(|number| number.parse().ok());
        let is_counter = statistics.add(name, count.unwrap_or(0));
        if is_counter && count.is_none() {
            return Err(StoreError::damaged(doing, format!("the count {name} is not a number")));
        }
    }
    Ok(statistics)
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
        let total = self.table.raw(total, doing).await?.map(|item| of_item(&item, doing)).transpose()?;
        let days = self.keys.stats_by_day(query.coupon_id.as_ref());
        let between = (query.from.to_string(), query.to.to_string());
        let items = self.table.partition_between(days, between, doing).await?;
        let day = |item: &Item| -> Option<NaiveDate> { item.get("sk")?.as_s().ok()?.parse().ok() };
        let days = items.iter().filter_map(|item| Some((day(item)?, of_item(item, doing))));
        let days: Result<Vec<_>, StoreError> =
            days.map(|(day, read)| read.map(|statistics| (day, statistics))).collect();
        Ok((total.unwrap_or_default(), days?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_that_is_not_a_number_is_damaged_and_other_attributes_are_ignored() {
        let item = |applied| Item::from([("sk".to_owned(), s("stats")), ("applied".to_owned(), applied)]);
        assert_eq!(of_item(&item(n(3)), "reading").unwrap().applied, 3);
        assert!(matches!(of_item(&item(s("three")), "reading"), Err(StoreError::Damaged { .. })));
    }
}
