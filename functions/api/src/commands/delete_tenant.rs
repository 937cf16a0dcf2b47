//! Command that deletes all data of a tenant. Operators invoke the function directly with this command.

use chrono::TimeDelta;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::delete::{DeleteOutcome, step};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::deletion::Deletion;
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::{audited, read_command, unknown_tenant};

/// Time after which an invocation ends. Much shorter than the time-out of the function.
const STEP: TimeDelta = TimeDelta::seconds(10);

/// Handles `{"delete_tenant": {"tenant_id": "demo", "confirm_tenant_id": "demo"}}`: deletes a part of the data of a
/// suspended tenant, and returns the progress. Repeat the command until `state` is `deleted`. A deletion cannot be
/// undone, and the id of the tenant cannot be used again.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist or is not suspended, or the table cannot be
/// written.
pub(crate) async fn delete_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let tenant = read_command("delete_tenant", command, read)?;
    let until = System.now() + STEP;
    match step(&audited(table, &tenant, "delete_tenant"), &System, until).await? {
        DeleteOutcome::Progress(deletion) => Ok(shown(&tenant, &deletion)),
        DeleteOutcome::NotSuspended => {
            Err(format!("tenant {tenant} is active; suspend it with suspend_tenant first").into())
        }
        DeleteOutcome::Unknown => Err(unknown_tenant(&tenant)),
    }
}

fn shown(tenant: &TenantId, deletion: &Deletion) -> Value {
    let continues_at = deletion.finished_at.is_none().then_some(deletion.pass.begins_at);
    json!({
        "tenant_id": tenant,
        "state": if deletion.finished_at.is_some() { "deleted" } else { "deleting" },
        "deleted_items": deletion.deleted,
        "started_at": deletion.started_at,
        "continues_at": continues_at,
        "finished_at": deletion.finished_at,
    })
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<TenantId> {
    field.object(&["tenant_id", "confirm_tenant_id"], errors)?;
    let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
    let confirmed = field.get("confirm_tenant_id").parse(TenantId::parse, errors);
    let (tenant, confirmed) = (tenant?, confirmed?);
    if tenant != confirmed {
        return field.get("confirm_tenant_id").reject("must repeat tenant_id", errors);
    }
    Some(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_must_name_the_tenant_twice() {
        for command in [json!({"tenant_id": "demo"}), json!({"tenant_id": "demo", "confirm_tenant_id": "other"})] {
            let message = read_command("delete_tenant", &command, read).unwrap_err().to_string();
            assert!(message.contains("delete_tenant/confirm_tenant_id"), "{message}");
        }
        let command = json!({"tenant_id": "demo", "confirm_tenant_id": "demo"});
        assert!(read_command("delete_tenant", &command, read).is_ok());
    }
}
