//! Commands of operators. Operators invoke the function directly, not over HTTP.

mod configure_tenant;
mod create_sign_in_link;
mod create_tenant;
mod delete_tenant;
mod input;
mod keys;
mod mail_pause;
mod overdue_timers;
mod suspend_tenant;

use couponflow_aws::dynamo::Table;
use lambda_runtime::Error;
use serde_json::Value;

/// Runs the command in an event. A command is an object with one member, which has the name of the command. Returns
/// `None` if the event contains no command.
pub(crate) async fn run(table: &Table, event: &Value) -> Option<Result<Value, Error>> {
    let command = |name: &str| event.get(name);
    Some(if let Some(command) = command("create_tenant") {
        create_tenant::create_tenant(table, command).await
    } else if let Some(command) = command("configure_tenant") {
        configure_tenant::configure_tenant(table, command).await
    } else if let Some(command) = command("suspend_tenant") {
        suspend_tenant::suspend_tenant(table, command).await
    } else if let Some(command) = command("resume_tenant") {
        suspend_tenant::resume_tenant(table, command).await
    } else if let Some(command) = command("delete_tenant") {
        delete_tenant::delete_tenant(table, command).await
    } else if let Some(command) = command("create_key") {
        keys::create(table, command).await
    } else if let Some(command) = command("revoke_key") {
        keys::revoke(table, command).await
    } else if let Some(command) = command("list_keys") {
        keys::list(table, command).await
    } else if let Some(command) = command("pause_mail") {
        mail_pause::pause(table, command).await
    } else if let Some(command) = command("resume_mail") {
        mail_pause::resume(table, command).await
    } else if let Some(command) = command("create_sign_in_link") {
        create_sign_in_link::create_sign_in_link(table, command).await
    } else if let Some(command) = command("list_overdue_timers") {
        overdue_timers::list(table, command).await
    } else if let Some(command) = command("requeue_overdue_timers") {
        overdue_timers::requeue(table, command).await
    } else {
        return None;
    })
}
