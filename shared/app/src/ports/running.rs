//! Everything that running workflows takes.

use super::{
    Correlation, EditContacts, EventLog, Executions, Expiry, MailSlots, Mailer, PublishedWorkflows, Settings,
    SigningSecrets, Suppressions, Topics, Webhooks, WriteCoupons,
};

/// What running workflows takes of a tenant's store.
pub trait Automation:
    Correlation
    + EditContacts
    + EventLog
    + Executions
    + Expiry
    + PublishedWorkflows
    + Settings
    + SigningSecrets
    + Suppressions
    + WriteCoupons
{
}

impl<S> Automation for S where
    S: Correlation
        + EditContacts
        + EventLog
        + Executions
        + Expiry
        + PublishedWorkflows
        + Settings
        + SigningSecrets
        + Suppressions
        + WriteCoupons
{
}

/// What running workflows takes of the world outbound.
pub trait Outbound: MailSlots + Mailer + Topics + Webhooks {
    /// The address of the HTTP API, as the world sees it, for links in messages.
    fn public_url(&self) -> &str;
}
