//! Reads the input of commands.

use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::audit::{Actor, Author};
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

/// Returns the store handle for the changes of a command. The changes are recorded in the audit log of the tenant.
pub(super) fn audited(table: &Table, tenant: &TenantId, command: &'static str) -> TenantStore {
    let author =
        Author { actor: Actor::Operator, operation: command, request_id: None, at: System.now(), bits: System.bits() };
    table.of(tenant).audited(author)
}

/// Error for a tenant that does not exist or is deleted.
pub(super) fn unknown_tenant(tenant: &TenantId) -> Error {
    format!("tenant {tenant} does not exist or is deleted; create_tenant creates a tenant with another id").into()
}
