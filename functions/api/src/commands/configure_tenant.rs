//! Command that sets the sender of a tenant's e-mail. No endpoint changes the sender, so that only
//! operators, who invoke the function directly, can change it.

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Handles `{"configure_tenant": {"tenant_id": "demo", "sender": {"email": "shop@example.com"}}}`:
/// sets the sender of the tenant's e-mail. If `sender` is `null`, e-mail comes from the stack's
/// default sender.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be
/// written. If the command is invalid, the error lists every fault.
pub(crate) async fn configure_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, sender) = input::read(command, read).map_err(|errors| message(&errors))?;
    match table.of(&tenant).set_sender(sender.as_ref()).await? {
        true => Ok(json!({"tenant_id": tenant, "sender": sender})),
        false => Err(format!("tenant {tenant} does not exist; create it with create_tenant").into()),
    }
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<(TenantId, Option<Sender>)> {
    field.object(&["tenant_id", "sender"], errors)?;
    let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
    let sender = field.get("sender");
    let sender = match sender.value() {
        None => sender.reject("is required: an object with an email, or null for the stack's default sender", errors),
        Some(_) => sender.optional(errors, Sender::read),
    };
    Some((tenant?, sender?))
}

fn message(errors: &Errors) -> String {
    let faults = errors.iter().map(|fault| format!("configure_tenant{} {}", fault.pointer, fault.detail));
    faults.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(command: Value) -> String {
        message(&input::read(&command, read).unwrap_err())
    }

    #[test]
    fn invalid_command_names_every_fault() {
        let message = faults(json!({"tenant_id": "Demo", "sender": {"email": "x"}}));
        assert!(
            message.contains("configure_tenant/tenant_id must") && message.contains("/sender/email must"),
            "{message}"
        );
        assert!(faults(json!({"tenant_id": "demo"})).contains("configure_tenant/sender is required"));
        assert!(input::read(&json!({"tenant_id": "demo", "sender": null}), read).unwrap().1.is_none());
    }
}
