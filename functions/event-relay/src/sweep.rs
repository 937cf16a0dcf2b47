//! The sweep for events that were not published: continues it on schedule, and runs it for operators who invoke the function
//! directly.

use chrono::TimeDelta;
use couponflow_app::events::sweep::{Extent, Swept, sweep};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::bus::Bus;
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use lambda_runtime::Error;
use serde_json::{Value, json};

type Timers = SqsTimerQueue<System>;

/// How long a call begins further parts of the table. Leaves enough of the function's time-out for the last part.
const WORK: TimeDelta = TimeDelta::seconds(20);

/// Maximum number of parts that one event of the schedule reads. With an event every five minutes, the sweep reads at most
/// 20 MB per event, which limits its cost.
const SCHEDULED_PARTS: usize = 20;

/// Time from the start of a scheduled pass to the start of the next pass.
const INTERVAL: TimeDelta = TimeDelta::hours(6);

/// Maximum number of parts that one command reads. The time limit normally ends the command earlier.
const COMMANDED_PARTS: usize = 10_000;

/// Continues the sweep by a few parts.
///
/// # Errors
/// Returns an error if a call fails. The next event of the schedule tries again.
pub(crate) async fn on_schedule(table: &Table, bus: &Bus, timers: &Timers) -> Result<Value, Error> {
    let extent = Extent { parts: SCHEDULED_PARTS, interval: INTERVAL, restarts: false, deadline: System.now() + WORK };
    run(table, bus, timers, &extent).await
}

/// Handles `{"sweep": {"restart": true}}`: continues the sweep, or begins at the start of the table if `restart` is true.
///
/// Returns the number of `examined` items, of `missing` events, and of `failed` events among them. If `has_more` is true,
/// call again without `restart`.
///
/// # Errors
/// Returns an error if the command is invalid or a call fails.
pub(crate) async fn on_command(table: &Table, bus: &Bus, timers: &Timers, command: &Value) -> Result<Value, Error> {
    let restarts = input::read(command, read).map_err(|errors| message(&errors))?;
    let deadline = System.now() + WORK;
    let extent = Extent { parts: COMMANDED_PARTS, interval: TimeDelta::zero(), restarts, deadline };
    run(table, bus, timers, &extent).await
}

async fn run(table: &Table, bus: &Bus, timers: &Timers, extent: &Extent) -> Result<Value, Error> {
    let Swept { examined, missing, failed, has_more } = sweep(table, bus, timers, &System, extent).await?;
    tracing::info!(examined, missing, failed, has_more, "Swept the table for events that were not published");
    if missing > 0 {
        tracing::warn!(missing, failed, "Found changes whose stream records were lost");
    }
    Ok(json!({"examined": examined, "missing": missing, "failed": failed, "has_more": has_more}))
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<bool> {
    field.object(&["restart"], errors)?;
    let restart = field.get("restart").optional(errors, |restart, errors| restart.boolean(errors));
    Some(restart?.unwrap_or(false))
}

fn message(errors: &Errors) -> String {
    let faults = errors.iter().map(|fault| format!("sweep{} {}", fault.pointer, fault.detail));
    faults.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_continues_the_sweep_unless_it_asks_for_a_restart() {
        assert!(!input::read(&json!({}), read).unwrap());
        assert!(input::read(&json!({"restart": true}), read).unwrap());
        let errors = input::read(&json!({"restart": "yes", "from": 1}), read).unwrap_err();
        assert!(message(&errors).contains("sweep/restart"), "{}", message(&errors));
    }
}
