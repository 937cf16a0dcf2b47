//! What others need to know to use a running stack.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A tenant's keys, one a scope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// For a browser: applies codes, no more.
    pub storefront: String,
    /// For a shop's server: redeems as well.
    pub server: String,
    /// For the operator: everything.
    pub admin: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

/// A running stack; also the contents of `stack.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StackInfo {
    /// Address that `/v1/...` is appended to.
    pub api_url: String,
    /// The tenant that was created with the stack.
    pub tenant_id: String,
    /// That tenant's keys.
    pub keys: Keys,
    /// The emulated AWS, for `AWS_ENDPOINT_URL`.
    pub aws_endpoint_url: String,
    /// The region everything is in.
    pub region: String,
    /// The mail that was sent, as JSON.
    pub mail_url: String,
    /// The address mail is sent from.
    pub sender_email: String,
    /// Name of the DynamoDB table.
    pub table: String,
    /// Name of the event bus.
    pub bus: String,
    /// Queue of the events for the action executor.
    pub events_queue_url: String,
    /// Queue of the timers that fall due.
    pub timers_queue_url: String,
    /// Dead-letter queues by what they hold: `events`, `timers`, `relay`.
    pub dead_letter_queue_urls: BTreeMap<String, String>,
    /// Lambda function names by package name.
    pub functions: BTreeMap<String, String>,
    /// Every environment variable that the template gives any function.
    pub function_variables: BTreeMap<String, String>,
    /// The process that holds the stack; ending it ends the stack.
    pub pid: u32,
    /// The processes it started. Function processes are children of these.
    pub pids: Vec<u32>,
}

impl StackInfo {
    /// The environment of a function that runs by itself against this stack, as `cargo lambda watch` runs it: lines of
    /// `NAME=value`. The variables of the template, and those that Lambda itself sets.
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

    /// A shell command that sets the address and the keys as variables: `API`, `STOREFRONT`, `SERVER` and `ADMIN`.
    pub fn exports(&self) -> String {
        let Self { api_url, keys: Keys { storefront, server, admin }, .. } = self;
        format!("export API={api_url} STOREFRONT={storefront} SERVER={server} ADMIN={admin}")
    }
}
