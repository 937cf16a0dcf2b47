//! Reads and fires the timers in a test's table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::timers::fire::{FireOutcome, fire};
use couponflow_aws::timer_queue::TimerMessage;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::timers::timer::Timer;

use crate::outbound::RecordingOutbound;
use crate::table::{Dynamo, NAME};

/// A clock that stands at one instant. Its random bits are zero.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

impl Rng for FixedClock {
    fn bits(&self) -> Bits80 {
        [0; 10]
    }
}

fn is_timer(kind: Option<&AttributeValue>) -> bool {
    kind.is_some_and(|kind| kind.as_s().is_ok_and(|kind| kind == "TIMER"))
}

/// Reads all timers in the table, soonest first.
pub async fn timers(dynamo: &Dynamo) -> Vec<Timer> {
    let items = dynamo.client.scan().table_name(NAME).into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.expect("the items of the table");
    let timers = items.into_iter().filter(|item| is_timer(item.get("kind")));
    let timer = |item| serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map(|TimerMessage { timer }| timer);
    let mut timers: Vec<Timer> = timers.map(timer).collect::<Result<_, _>>().expect("timers");
    timers.sort_by_key(|timer| timer.due_at);
    timers
}

/// Returns the attribute `timer` of a stored timer.
pub fn timer_attribute(timer: &Timer) -> AttributeValue {
    // Messages contain the same form of a timer as items.
    let message = TimerMessage { timer: timer.clone() };
    let item: HashMap<String, AttributeValue> =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(message).expect("a timer as an item");
    item["timer"].clone()
}

/// Fires the timers that are due at `now`, soonest first. Returns their outcomes.
pub async fn fire_due(dynamo: &Dynamo, now: DateTime<Utc>) -> Vec<FireOutcome> {
    let mut fired = Vec::new();
    for timer in timers(dynamo).await.into_iter().filter(|timer| timer.due_at <= now) {
        fired.push(fire_at(dynamo, &timer, now).await);
    }
    fired
}

/// Fires a timer at `now`, even if it is no longer in the table, because SQS may deliver a message
/// twice.
pub async fn fire_at(dynamo: &Dynamo, timer: &Timer, now: DateTime<Utc>) -> FireOutcome {
    let table = dynamo.instance();
    fire(&table, &table, &RecordingOutbound::default(), &FixedClock(now), timer).await.expect("fired")
}
