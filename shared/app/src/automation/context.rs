//! Bundles of the ports that workflow execution needs: store operations and outgoing calls.

use crate::automation::correlation::Correlation;
use crate::automation::ports::{Executions, PublishedWorkflows};
use crate::contacts::ports::EditContacts;
use crate::coupons::ports::{Expiry, WriteCoupons};
use crate::delivery::mail_ports::{MailSlots, Mailer, Settings, Suppressions};
use crate::delivery::ports::{SigningSecrets, Topics, Webhooks};
use crate::events::ports::EventLog;
use crate::timers::ports::SetTimers;

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
