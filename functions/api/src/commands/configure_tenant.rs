//! Command that changes the settings of a tenant. No endpoint changes these settings, so that only operators, who invoke
//! the function directly, can change them.

use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::settings::SettingsChange;
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::{audited, read_command, unknown_tenant};

/// Handles `{"configure_tenant": {"tenant_id": "demo", "sender": {"email": "shop@example.com"}}}`: changes the settings
/// of the tenant that the command names, and returns all settings. A setting that is `null` gets its default.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be written. If the
/// command is invalid, the error lists every fault.
pub(crate) async fn configure_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, change) = read_command("configure_tenant", command, read)?;
    let store = audited(table, &tenant, "configure_tenant");
    if !store.configure(&change).await? {
        return Err(unknown_tenant(&tenant));
    }
    let mut shown = json!(store.current_profile().await?.settings);
    shown["tenant_id"] = json!(tenant);
    Ok(shown)
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<(TenantId, SettingsChange)> {
    field.object(&[&["tenant_id"], SettingsChange::MEMBERS].concat(), errors)?;
    let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
    if SettingsChange::MEMBERS.iter().all(|name| field.get(name).value().is_none()) {
        let members = SettingsChange::MEMBERS.join(", ");
        field.reject::<()>(format_args!("must contain at least one setting: {members}"), errors);
    }
    let change = SettingsChange::read(field, errors);
    Some((tenant?, change?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(command: Value) -> String {
        read_command("configure_tenant", &command, read).unwrap_err().to_string()
    }

    #[test]
    fn invalid_command_names_every_fault() {
        let message = faults(json!({"tenant_id": "Demo", "sender": {"email": "x"}}));
        assert!(
            message.contains("configure_tenant/tenant_id must") && message.contains("/sender/email must"),
            "{message}"
        );
        assert!(faults(json!({"tenant_id": "demo"})).contains("must contain at least one setting: sender"));
        assert!(read_command("configure_tenant", &json!({"tenant_id": "demo", "sender": null}), read).is_ok());
    }
}
