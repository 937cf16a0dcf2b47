//! Taking one redemption of a coupon: the write that the limit lives in.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use chrono::{DateTime, Utc};
use couponflow_domain::coupon::Coupon;

use super::TenantStore;
use super::item::{n, s};

/// What a redemption is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// What nobody has used or holds yet.
    Remaining,
    /// What is held already; that the hold is still there is for the write of the hold to check.
    Held,
}

impl TenantStore {
    /// Takes one redemption from its source and sets what `sets` says, if the coupon is as `coupon` has it in version, is
    /// active and not expired at `now`, and has one left there. `sets` may use `:one`.
    pub(super) fn take(&self, coupon: &Coupon, source: Source, sets: &str, now: DateTime<Utc>) -> UpdateBuilder {
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
