//! Builds the counter update that takes one redemption of a coupon and enforces the limit.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::Coupon;

use crate::dynamo::engine::item::{n, s};
use crate::dynamo::engine::tenant_store::TenantStore;

/// Counter from which a redemption is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Redemptions that are neither used nor held.
    Remaining,
    /// Redemptions that are held. Another element of the transaction checks that the hold still
    /// exists.
    Held,
}

impl TenantStore {
    /// Builds an update that takes one redemption from `source` and applies the assignments in `sets`. The assignments
    /// can use the value `:one`. Conditions: the coupon has the version of `coupon`, is active, is not expired at
    /// `now`, and the source has at least one redemption left.
    pub(crate) fn deduct(&self, coupon: &Coupon, source: Source, sets: &str, now: DateTime<Utc>) -> UpdateBuilder {
        let mut set = format!("SET {sets}");
        let mut condition = "version = :version AND #state = :active".to_owned();
        let mut update = self
            .table
            .update(self.keys.counter(&coupon.id))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":version", n(coupon.version))
            .expression_attribute_values(":active", s("active"));
        match source {
            Source::Held => {
                set.push_str(", held = held - :one");
                condition.push_str(" AND held > :zero");
                update = update.expression_attribute_values(":zero", n(0));
            }
            Source::Remaining if coupon.terms.max_redemptions.is_some() => {
                set.push_str(", remaining = remaining - :one");
                condition.push_str(" AND remaining > :zero");
                update = update.expression_attribute_values(":zero", n(0));
            }
            Source::Remaining => {}
        }
        if coupon.terms.expires_at.is_some() {
            condition.push_str(" AND expires_at_ms > :now");
            update = update.expression_attribute_values(":now", n(now.timestamp_millis()));
        }
        update.update_expression(set).condition_expression(condition)
    }
}
