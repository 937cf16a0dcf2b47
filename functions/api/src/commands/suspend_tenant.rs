//! Commands that suspend and resume a tenant. Operators invoke the function directly with these commands.

use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::tenants::profile::TenantState;
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::{audited, read_command, read_tenant, unknown_tenant};

/// Handles `{"suspend_tenant": {"tenant_id": "demo"}}`. Within a minute, every request with a key of the
/// tenant gets `tenant_suspended`, and no workflow or job of the tenant runs.
///
/// Events of the suspended tenant are logged but start no workflow, neither now nor after the tenant is resumed.
/// Waiting executions and jobs continue after the tenant is resumed.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be written.
pub(crate) async fn suspend_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    set_state(table, "suspend_tenant", command, TenantState::Suspended).await
}

/// Handles `{"resume_tenant": {"tenant_id": "demo"}}`: ends the suspension of the tenant. Requests work within a
/// minute. Executions and jobs continue within ten minutes.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be written.
pub(crate) async fn resume_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    set_state(table, "resume_tenant", command, TenantState::Active).await
}

async fn set_state(table: &Table, name: &'static str, command: &Value, state: TenantState) -> Result<Value, Error> {
    let tenant = read_command(name, command, read_tenant)?;
    match audited(table, &tenant, name).set_tenant_state(state).await? {
        true => Ok(json!({"tenant_id": tenant, "state": state.into_str()})),
        false => Err(unknown_tenant(&tenant)),
    }
}
