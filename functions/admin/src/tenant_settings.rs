//! What is set up for a tenant by whoever may invoke this function: what its own keys must not decide.

use couponflow_app::ports::{TenantStores as _, WriteSettings as _};
use couponflow_aws::dynamo::Table;
use couponflow_domain::input::{self, Errors, Field};
use couponflow_domain::mail::Sender;
use couponflow_domain::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// `{"configure_tenant": {"tenant_id": "demo", "sender": {"email": "shop@example.com"}}}`: sets whom the tenant's mail is
/// from; with `null`, it is from the stack's own sender again.
///
/// # Errors
/// Where the command has faults, all of them named, or there is no such tenant.
pub(crate) async fn configure_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, sender) = input::read(command, read).map_err(|errors| told(&errors))?;
    match table.of(&tenant).set_sender(sender.as_ref()).await? {
        true => Ok(json!({"tenant_id": tenant, "sender": sender})),
        false => Err(format!("there is no tenant {tenant}; create it with create_tenant").into()),
    }
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<(TenantId, Option<Sender>)> {
    field.object(&["tenant_id", "sender"], errors)?;
    let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
    let sender = field.get("sender");
    let sender = match sender.value() {
        None => sender.refuse("is required: an object with an email, or null for the stack's own sender", errors),
        Some(_) => sender.optional(errors, Sender::read),
    };
    Some((tenant?, sender?))
}

fn told(errors: &Errors) -> String {
    let faults = errors.iter().map(|fault| format!("configure_tenant{} {}", fault.pointer, fault.detail));
    faults.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(command: Value) -> String {
        told(&input::read(&command, read).unwrap_err())
    }

    #[test]
    fn every_fault_of_a_command_is_named() {
        let told = faults(json!({"tenant_id": "Demo", "sender": {"email": "x"}}));
        assert!(told.contains("configure_tenant/tenant_id must") && told.contains("/sender/email must"), "{told}");
        assert!(faults(json!({"tenant_id": "demo"})).contains("configure_tenant/sender is required"));
        assert!(input::read(&json!({"tenant_id": "demo", "sender": null}), read).unwrap().1.is_none());
    }
}
