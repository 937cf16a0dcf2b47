//! Rate limit for e-mails. All tenants share the schedule of the account, because SES limits the rate per account. Each
//! tenant also has a schedule of its own, which orders the e-mails of a tenant that sends more than the account may send.
//!
//! A slot is an instant at which one e-mail may be sent. The item of the schedule holds the next
//! free slot. Reserving a slot moves the next free slot forward by the interval between two
//! e-mails. If the next free slot is more than one second in the past, the reservation first moves
//! it to one second ago.
//!
//! After a pause, the e-mails of one second can therefore be sent at once, and the next N e-mails
//! need N / rate seconds. In the first second after a pause, the rate is at most doubled. E-mails
//! that SES throttles in that second are retried.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::delivery::ports::MailSchedule;
use couponflow_app::kernel::error::StoreError;

use crate::dynamo::engine::item::{Item, n};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::failure::failed;

const DOING: &str = "reserving a mail slot";

/// Maximum age of the next free slot. An e-mail with a slot in the past is sent at once.
const BURST: TimeDelta = TimeDelta::seconds(1);

/// Result of an attempt to move a schedule forward.
enum Advance {
    /// Reserved. Holds the instant of the last slot.
    Slot(DateTime<Utc>),
    /// The next free slot is later than the horizon.
    TooLate,
    /// The schedule is behind the earliest slot, or was when the write was attempted.
    Behind,
}

/// Mail schedules with a fixed rate.
#[derive(Debug, Clone)]
pub struct MailRate {
    table: Table,
    interval: TimeDelta,
}

/// Slots to reserve.
struct Wanted {
    key: Key,
    /// Time from the first slot to the slot after the last one.
    length: TimeDelta,
    earliest: DateTime<Utc>,
    latest: DateTime<Utc>,
}

impl MailRate {
    /// Creates schedules with at most `per_second` e-mails per second. Zero counts as one.
    pub fn new(table: Table, per_second: u32) -> Self {
        let interval = TimeDelta::microseconds(1_000_000_u32.div_ceil(per_second.max(1)).into());
        Self { table, interval }
    }

    /// Moves a schedule forward, from its next free slot or from the earliest slot.
    async fn try_advance(&self, wanted: &Wanted, is_behind: bool) -> Result<Advance, StoreError> {
        let (from, condition) = match is_behind {
            false => ("next_us", "next_us BETWEEN :earliest AND :latest"),
            true => (":earliest", "attribute_not_exists(next_us) OR next_us < :earliest"),
        };
        let mut update = self
            .table
            .update_item(wanted.key.clone())
            .update_expression(format!("SET next_us = {from} + :length"))
            .condition_expression(condition)
            .expression_attribute_values(":earliest", n(wanted.earliest.timestamp_micros()))
            .expression_attribute_values(":length", n(wanted.length.num_microseconds().unwrap_or(i64::MAX)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        if !is_behind {
            update = update.expression_attribute_values(":latest", n(wanted.latest.timestamp_micros()));
        }
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(moved) => {
                let damaged = || StoreError::damaged(DOING, "next_us is not a valid instant");
                let next = moved.attributes.as_ref().and_then(next_free).ok_or_else(damaged)?;
                Ok(Advance::Slot(next - self.interval))
            }
            Err(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let next = refused.item.as_ref().and_then(next_free);
                Ok(if next.is_some_and(|next| next > wanted.latest) { Advance::TooLate } else { Advance::Behind })
            }
            Err(error) => Err(failed(DOING)(error.into())),
        }
    }

    /// Reserves slots as [`Outbound::reserve_mail_slots`](couponflow_app::delivery::ports::Outbound::reserve_mail_slots)
    /// describes.
    ///
    /// # Errors
    /// Returns an error if the table fails.
    pub async fn reserve(
        &self,
        schedule: MailSchedule<'_>,
        count: usize,
        now: DateTime<Utc>,
        horizon: TimeDelta,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let key = match schedule {
            MailSchedule::Account => keys::mail_schedule(),
            MailSchedule::Tenant(tenant) => TenantKeys::new(tenant.clone()).mail_schedule(),
        };
        let length = self.interval * i32::try_from(count).unwrap_or(i32::MAX);
        let wanted = Wanted { key, length, earliest: now - BURST, latest: now + horizon };
        // The second attempt fails if another caller has moved the schedule to `earliest` or later since the first
        // attempt. The schedule never moves back, so the third attempt then succeeds, or finds it beyond the horizon.
        for is_behind in [false, true, false] {
            match self.try_advance(&wanted, is_behind).await? {
                Advance::Slot(slot) => return Ok(Some(slot.max(now))),
                Advance::TooLate => return Ok(None),
                Advance::Behind => {}
            }
        }
        Err(StoreError::Busy { doing: DOING })
    }
}

fn next_free(item: &Item) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(item.get("next_us")?.as_n().ok()?.parse().ok()?)
}
