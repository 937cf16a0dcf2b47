//! When mails may go: one schedule for all tenants, since SES counts by account.
//!
//! The item holds when the next slot is. To take a slot is to move that on by the time between two mails; where it has
//! fallen behind, it first catches up to a second ago. So a second's worth of mails may go at once after a pause, and N
//! mails after that take N / rate seconds: at most twice the rate in the one second after a pause, the rate otherwise. What
//! SES throttles in that second is tried again.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::MailSlots;

use super::item::n;
use super::{Table, failed, keys};

const DOING: &str = "taking a mail's slot";

/// How far the schedule may have fallen behind: what it catches up goes at once.
const BURST: TimeDelta = TimeDelta::seconds(1);

/// From where the schedule is moved on, and the condition.
type Move = (&'static str, &'static str);

const ON: Move = ("next_us", "next_us >= :earliest");
const CAUGHT_UP: Move = (":earliest", "attribute_not_exists(next_us) OR next_us < :earliest");

/// The schedule of mails, at a rate.
#[derive(Debug, Clone)]
pub struct MailRate {
    table: Table,
    interval: TimeDelta,
}

impl MailRate {
    /// At most so many mails a second, at least one.
    pub fn new(table: Table, per_second: u32) -> Self {
        let interval = TimeDelta::microseconds(1_000_000_u32.div_ceil(per_second.max(1)).into());
        Self { table, interval }
    }

    /// Moves the schedule on by one slot and answers with that slot; none where the condition does not hold.
    async fn take(
        &self,
        (from, condition): Move,
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
                let damaged = || StoreError::Damaged { doing: DOING, detail: "next_us is no instant".to_owned() };
                Ok(Some(next.ok_or_else(damaged)? - self.interval))
            }
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            Err(error) => Err(failed(DOING)(error.into())),
        }
    }
}

impl MailSlots for MailRate {
    async fn reserve(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        let earliest = now - BURST;
        // The schedule never goes back: where somebody else caught it up in between, it can be moved on.
        for way in [ON, CAUGHT_UP, ON] {
            if let Some(slot) = self.take(way, earliest).await? {
                return Ok(slot.max(now));
            }
        }
        Err(StoreError::Busy { doing: DOING })
    }
}
