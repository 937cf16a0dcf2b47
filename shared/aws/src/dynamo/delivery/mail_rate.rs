//! Rate limit for e-mails. All tenants share one schedule, because SES limits the rate per account.
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
use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::error::StoreError;

use crate::dynamo::engine::item::n;
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::failure::failed;

const DOING: &str = "reserving a mail slot";

/// Maximum age of the next free slot. An e-mail with a slot in the past is sent at once.
const BURST: TimeDelta = TimeDelta::seconds(1);

/// Update of the schedule: the instant to which the interval is added, and the condition of the write.
type Advance = (&'static str, &'static str);

const ADVANCE: Advance = ("next_us", "next_us >= :earliest");
const CATCH_UP: Advance = (":earliest", "attribute_not_exists(next_us) OR next_us < :earliest");

/// Mail schedule with a fixed rate.
#[derive(Debug, Clone)]
pub struct MailRate {
    table: Table,
    interval: TimeDelta,
}

impl MailRate {
    /// Creates a schedule with at most `per_second` e-mails per second. Zero counts as one.
    pub fn new(table: Table, per_second: u32) -> Self {
        let interval = TimeDelta::microseconds(1_000_000_u32.div_ceil(per_second.max(1)).into());
        Self { table, interval }
    }

    /// Moves the schedule forward by one slot, and returns the reserved slot. `None` if the condition fails.
    async fn try_advance(
        &self,
        (from, condition): Advance,
        earliest: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::mail_schedule().attributes()))
            .update_expression(format!("SET next_us = {from} + :interval"))
            .condition_expression(condition)
            .expression_attribute_values(":earliest", n(earliest.timestamp_micros()))
            .expression_attribute_values(":interval", n(self.interval.num_microseconds().unwrap_or(i64::MAX)))
            .return_values(ReturnValue::AllNew);
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(moved) => {
                let next = moved.attributes.and_then(|item| item.get("next_us")?.as_n().ok()?.parse().ok());
                let next = next.and_then(DateTime::from_timestamp_micros);
                let damaged = || StoreError::damaged(DOING, "next_us is not a valid instant");
                Ok(Some(next.ok_or_else(damaged)? - self.interval))
            }
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            Err(error) => Err(failed(DOING)(error.into())),
        }
    }

    /// Reserves the next free slot and returns its time, which is `now` or later. Each slot is reserved at most once.
    ///
    /// # Errors
    /// Returns an error if the table fails.
    pub async fn reserve(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        let earliest = now - BURST;
        // `CATCH_UP` fails if another caller has moved the schedule to `earliest` or later since
        // the first attempt. The schedule never moves back, so the second `ADVANCE` then succeeds.
        for advance in [ADVANCE, CATCH_UP, ADVANCE] {
            if let Some(slot) = self.try_advance(advance, earliest).await? {
                return Ok(slot.max(now));
            }
        }
        Err(StoreError::Busy { doing: DOING })
    }
}
