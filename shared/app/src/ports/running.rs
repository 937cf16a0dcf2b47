//! The ports that executing workflows needs, as two bundles.

use super::{
    Correlation, EditContacts, EventLog, Executions, Expiry, MailSlots, Mailer, PublishedWorkflows, SetTimers,
    Settings, SigningSecrets, Suppressions, Topics, Webhooks, WriteCoupons,
};

/// Store operations that executing workflows needs, for one tenant.
pub trait AutomationStore:
    Correlation
    + EditContacts
    + EventLog
    + Executions
    + Expiry
    + PublishedWorkflows
    + SetTimers
    + Settings
    + SigningSecrets
    + Suppressions
    + WriteCoupons
{
}

impl<S> AutomationStore for S where
    S: Correlation
        + EditContacts
        + EventLog
        + Executions
        + Expiry
        + PublishedWorkflows
        + SetTimers
        + Settings
        + SigningSecrets
        + Suppressions
        + WriteCoupons
{
}

/// Outgoing calls that executing workflows needs.
pub trait Outbound: MailSlots + Mailer + Topics + Webhooks {
    /// Returns the public base URL of the HTTP API, for links in messages.
    fn public_url(&self) -> &str;
}
