//! Address, keys and resource names of a running stack.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A tenant's API keys, one per scope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    pub storefront: String,
    pub server: String,
    pub admin: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

/// Description of a running stack. Also the contents of `stack.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StackInfo {
    /// Base address of the API; append `/v1/...`.
    pub api_url: String,
    /// The tenant that was created with the stack.
    pub tenant_id: String,
    pub keys: Keys,
    /// Endpoint of the emulated AWS, for `AWS_ENDPOINT_URL`.
    pub aws_endpoint_url: String,
    pub region: String,
    /// Address that returns the sent e-mails as JSON.
    pub mail_url: String,
    pub sender_email: String,
    /// Name of the DynamoDB table.
    pub table: String,
    /// Name of the event bus.
    pub bus: String,
    /// Queue of events for the action executor.
    pub events_queue_url: String,
    /// Queue of due timers.
    pub timers_queue_url: String,
    /// Dead-letter queues by content: `events`, `timers`, `undelivered_events`, `malformed_messages`, `relay`,
    /// `relay_retry`.
    pub dead_letter_queue_urls: BTreeMap<String, String>,
    /// Lambda function names by package name.
    pub functions: BTreeMap<String, String>,
    /// Environment variables of all functions, as the template sets them.
    pub function_variables: BTreeMap<String, String>,
    /// The process that runs the stack. The stack ends with this process.
    pub pid: u32,
    /// Processes started by the stack. Function processes are children of these processes.
    pub pids: Vec<u32>,
}

impl StackInfo {
    /// Returns the environment of a function that runs outside the emulator and uses this stack,
    /// for example under `cargo lambda watch`. The text has one line `NAME=value` for each variable
    /// of the template, and for the endpoint, the region and the credentials of the emulated AWS.
    pub(crate) fn function_environment(&self) -> String {
        let lambda = [
            ("AWS_ENDPOINT_URL", self.aws_endpoint_url.as_str()),
            ("AWS_REGION", &self.region),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let template = self.function_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        lambda.into_iter().chain(template).map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    /// Returns a shell command that exports the address and the keys as `API`, `STOREFRONT`,
    /// `SERVER` and `ADMIN`.
    pub fn exports(&self) -> String {
        let Self { api_url, keys: Keys { storefront, server, admin }, .. } = self;
        format!("export API={api_url} STOREFRONT={storefront} SERVER={server} ADMIN={admin}")
    }
}
