//! Deploys the template to the emulated AWS with CloudFormation.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::path::Path;

use serde::Deserialize;

use crate::Error;
use crate::emulator::aws_command;
use crate::process::output_with_progress;
use crate::progress::Step;

const STACK: &str = "couponflow";

/// The sender address of e-mails.
pub(crate) const SENDER: &str = "coupons@example.com";

/// Result of a deployment, as printed by `deploy.py`.
#[derive(Debug, Deserialize)]
pub(crate) struct Deployed {
    pub(crate) outputs: Outputs,
    /// Environment variables of all functions, as the template sets them.
    pub(crate) function_variables: BTreeMap<String, String>,
}

/// The template's outputs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outputs {
    pub(crate) api_id: String,
    pub(crate) table_name: String,
    pub(crate) bus_name: String,
    pub(crate) events_queue_url: String,
    pub(crate) timers_queue_url: String,
    pub(crate) events_dead_letter_queue_url: String,
    pub(crate) timers_dead_letter_queue_url: String,
    pub(crate) undelivered_events_queue_url: String,
    pub(crate) malformed_messages_queue_url: String,
    pub(crate) relay_retry_dead_letter_queue_url: String,
    pub(crate) relay_dead_letter_queue_url: String,
    pub(crate) apply_function_name: String,
    pub(crate) redeem_function_name: String,
    pub(crate) api_function_name: String,
    pub(crate) expiry_scan_function_name: String,
    pub(crate) event_relay_function_name: String,
    pub(crate) action_executor_function_name: String,
}

/// Creates or updates the CloudFormation stack.
///
/// # Errors
/// Returns an error if CloudFormation rejects the template or a resource. The message names the
/// resource and the reason.
pub(crate) async fn deploy(
    python: &Path,
    script: &Path,
    template: &Path,
    port: u16,
    step: &Step,
) -> Result<Deployed, Error> {
    let doing = "deploying the template";
    let mut command = aws_command(python, port);
    command.arg(script).arg("--template").arg(template).args(["--stack", STACK]);
    let endpoint = format!("http://127.0.0.1:{port}");
    command.args(["--endpoint", &endpoint]);
    for (name, value) in parameters(&endpoint) {
        command.args(["--parameter", &format!("{name}={value}")]);
    }
    let deployed = output_with_progress(doing, &mut command, |line| step.note(line)).await?;
    serde_json::from_str(&deployed)
        .map_err(|error| Error::Unexpected { doing: doing.into(), answer: format!("{error}: {deployed}") })
}

/// Returns the address of the API with this id. The default stage adds no path segment.
pub(crate) fn api_url(endpoint: &str, api_id: &str) -> String {
    format!("{endpoint}/_aws/execute-api/{api_id}")
}

fn parameters(endpoint: &str) -> [(&'static str, String); 5] {
    let architecture = if ARCH == "aarch64" { "arm64" } else { ARCH };
    [
        ("Architecture", architecture.to_owned()),
        ("SenderEmail", SENDER.to_owned()),
        // On the local stack, the tag `ms-custom-id` in the template sets the id of the API to
        // `couponflow`.
        ("PublicUrl", api_url(endpoint, "couponflow")),
        // The emulator does not support AWS::Events::Archive.
        ("ArchiveDays", "0".to_owned()),
        // The emulator does not support CodeDeploy.
        ("GradualDeployment", "false".to_owned()),
    ]
}
