//! Commands that pause and resume the e-mail of a tenant. The circuit breaker also pauses the e-mail of a tenant, when
//! too many e-mails bounce or are reported as spam.

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::delivery::mail_pause::{MailPause, PauseReason};
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::{audited, read_command, read_tenant, unknown_tenant};

/// Handles `{"pause_mail": {"tenant_id": "demo"}}`: pauses the e-mail of a tenant. Steps that send e-mail wait.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be written.
pub(crate) async fn pause(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, store) = open(table, "pause_mail", command).await?;
    let pause = MailPause { reason: PauseReason::Operator, since: System.now() };
    let is_changed = store.pause_mail(&pause).await?;
    Ok(json!({"tenant_id": tenant, "mail": "paused", "changed": is_changed}))
}

/// Handles `{"resume_mail": {"tenant_id": "demo"}}`: resumes the e-mail of a tenant, and counts bounces and complaints
/// from zero. Waiting steps send their e-mail within half an hour.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist, or the table cannot be written.
pub(crate) async fn resume(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, store) = open(table, "resume_mail", command).await?;
    let is_changed = store.resume_mail().await?;
    Ok(json!({"tenant_id": tenant, "mail": "active", "changed": is_changed}))
}

/// Reads the tenant of a command, and opens its store if the tenant exists.
async fn open(table: &Table, name: &'static str, command: &Value) -> Result<(TenantId, TenantStore), Error> {
    let tenant = read_command(name, command, read_tenant)?;
    let store = audited(table, &tenant, name);
    if store.tenant_exists().await? { Ok((tenant, store)) } else { Err(unknown_tenant(&tenant)) }
}
