//! Commands for overdue timers of all tenants. Available by direct invocation of the function only.

use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::timers::overdue::{Requeued, requeue_all};
use couponflow_app::timers::ports::{OverdueTimer, OverdueTimers as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Handles `{"list_overdue_timers": {"limit": 100, "cursor": null}}`: returns one page of the
/// overdue timers. An overdue timer has not fired although it was resent several times. `retry_at`
/// is the instant of the next resend.
///
/// The list includes timers that an earlier version of couponflow set aside. Such a timer has a
/// null `retry_at` and is resent only after an operator requeues it.
///
/// # Errors
/// Returns an error if the list cannot be read or the command is invalid. The error names every
/// fault of the command.
pub(crate) async fn list(table: &Table, command: &Value) -> Result<Value, Error> {
    let page = input::read(command, read_page).map_err(|errors| faults("list_overdue_timers", &errors))?;
    let page = table.overdue_timers(&page).await?;
    let shown: Vec<Value> = page.data.iter().map(shown).collect();
    Ok(json!({"data": shown, "next_cursor": page.next_cursor}))
}

/// Handles `{"requeue_overdue_timers": {"tenant_id": "demo"}}`: schedules the tenant's overdue
/// timers to be resent within a minute, including timers that were set aside. Without a
/// `tenant_id`, schedules the overdue timers of all tenants.
///
/// One call requeues about a thousand timers. Returns the number of requeued timers, and whether
/// timers remain.
///
/// # Errors
/// Returns an error if a timer cannot be requeued or the command is invalid. The error names every
/// fault of the command.
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
    Some(PageRequest { limit, cursor: cursor?.map(str::to_owned) })
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
