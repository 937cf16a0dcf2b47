//! Commands that list and requeue overdue timers. Operators invoke the function directly with these
//! commands. A timer is overdue if it has not fired although its due time has passed. A timer that
//! was resent many times without firing moves to the list of overdue timers.

use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::timers::overdue::{Requeued, requeue_all};
use couponflow_app::timers::ports::{OverdueTimer, TimerStore as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Handles `{"list_overdue_timers": {"limit": 100, "cursor": null}}`: returns one page of the list
/// of overdue timers of all tenants. `retry_at` is the time of the next resend.
///
/// The list includes timers that an earlier version of couponflow set aside. Such a timer has a
/// null `retry_at` and is resent only after an operator requeues the timer.
///
/// # Errors
/// Returns an error if the list cannot be read or the command is invalid. If the command is
/// invalid, the error lists every fault.
pub(crate) async fn list(table: &Table, command: &Value) -> Result<Value, Error> {
    let page = input::read(command, read_page).map_err(|errors| faults("list_overdue_timers", &errors))?;
    let page = table.overdue_timers(&page).await?;
    let shown: Vec<Value> = page.data.iter().map(shown).collect();
    Ok(json!({"data": shown, "next_cursor": page.next_cursor}))
}

/// Handles `{"requeue_overdue_timers": {"tenant_id": "demo"}}`: schedules the timers of the tenant
/// on the list of overdue timers, so that the next scan resends the timers. Scans run every minute.
/// Without a `tenant_id`, schedules the overdue timers of all tenants. Timers that an earlier
/// version set aside are included.
///
/// One call requeues at most about 1,000 timers. Returns the number of requeued timers as
/// `requeued`. If the rest of the list was not examined, `has_more` is true: call again.
///
/// # Errors
/// Returns an error if the list cannot be read, a timer cannot be requeued, or the command is
/// invalid. If the command is invalid, the error lists every fault.
pub(crate) async fn requeue(table: &Table, command: &Value) -> Result<Value, Error> {
    let tenant = input::read(command, read_tenant).map_err(|errors| faults("requeue_overdue_timers", &errors))?;
    let Requeued { requeued, has_more } = requeue_all(table, tenant.as_ref(), System.now()).await?;
    Ok(json!({"requeued": requeued, "has_more": has_more}))
}

fn shown(overdue: &OverdueTimer) -> Value {
    json!({"timer": overdue.timer, "retry_at": overdue.retry_at})
}

fn read_page(field: &Field<'_>, errors: &mut Errors) -> Option<PageRequest> {
    field.object(&["limit", "cursor"], errors)?;
    let limit = field.get("limit").optional(errors, |limit, errors| limit.integer(1..=100, errors));
    let cursor = field.get("cursor").optional(errors, |cursor, errors| cursor.text(1..=500, errors));
    let limit = limit?.map_or(100, |limit| usize::try_from(limit).unwrap_or(100));
    Some(PageRequest { limit, cursor: cursor?.map(Cursor::new) })
}

fn read_tenant(field: &Field<'_>, errors: &mut Errors) -> Option<Option<TenantId>> {
    field.object(&["tenant_id"], errors)?;
    field.get("tenant_id").optional(errors, |tenant, errors| tenant.parse(TenantId::parse, errors))
}

fn faults(command: &str, errors: &Errors) -> String {
    let faults = errors.iter().map(|fault| format!("{command}{} {}", fault.pointer, fault.detail));
    faults.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_command_names_every_fault() {
        let errors = input::read(&json!({"limit": 0, "cursor": 5}), read_page).unwrap_err();
        let message = faults("list_overdue_timers", &errors);
        assert!(message.contains("list_overdue_timers/limit must") && message.contains("/cursor must"), "{message}");
        assert!(input::read(&json!({"tenant_id": "Demo"}), read_tenant).is_err());
        assert_eq!(input::read(&json!({}), read_tenant).unwrap(), None);
        assert_eq!(input::read(&json!({}), read_page).unwrap().limit, 100);
    }
}
