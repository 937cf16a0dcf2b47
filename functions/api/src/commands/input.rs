//! Reads the input of commands.

use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::Value;

/// Reads the input of a command.
///
/// # Errors
/// Returns an error that lists every fault, each with the command and a pointer.
pub(super) fn read_command<T>(
    name: &str,
    command: &Value,
    read: impl FnOnce(&Field<'_>, &mut Errors) -> Option<T>,
) -> Result<T, Error> {
    input::read(command, read).map_err(|errors| {
        let faults = errors.iter().map(|fault| format!("{name}{} {}", fault.pointer, fault.detail));
        faults.collect::<Vec<_>>().join("; ").into()
    })
}

/// Reads the input `{"tenant_id": "demo"}`.
pub(super) fn read_tenant(field: &Field<'_>, errors: &mut Errors) -> Option<TenantId> {
    field.object(&["tenant_id"], errors)?;
    field.get("tenant_id").parse(TenantId::parse, errors)
}

/// Error for a tenant that does not exist.
pub(super) fn unknown_tenant(tenant: &TenantId) -> Error {
    format!("tenant {tenant} does not exist; create it with create_tenant").into()
}
