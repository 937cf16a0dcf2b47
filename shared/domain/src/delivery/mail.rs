//! E-mail: senders, message tags and suppressions. A message tag is a name and a value that Amazon
//! SES stores with an e-mail. A suppression blocks all e-mail to an address.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kernel::ids::ExecutionId;
use crate::kernel::input::{Errors, Field};
use crate::purchases::customer::Email;
use crate::tenants::tenant::TenantId;

/// Name of the message tag with the tenant's id.
pub const TENANT_TAG: &str = "couponflow-tenant";

/// Name of the message tag with the execution's id.
pub const EXECUTION_TAG: &str = "couponflow-execution";

/// Name of the message tag with the step's id.
pub const STEP_TAG: &str = "couponflow-step";

/// Returns the message tags of an e-mail that a workflow step sends. SES repeats the tags in each
/// delivery report, so that the report identifies the step. SES permits only ASCII letters, digits,
/// `-` and `_` in a tag.
pub fn tags(tenant_id: &TenantId, execution_id: &ExecutionId, step_id: &str) -> [(&'static str, String); 3] {
    [(TENANT_TAG, tenant_id.to_string()), (EXECUTION_TAG, execution_id.to_string()), (STEP_TAG, step_id.to_owned())]
}

/// Sender of e-mails. Serialized in the results of operator commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sender {
    /// Address. SES must have verified the address or its domain.
    pub email: Email,
    /// Display name, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address for replies. If `None`, replies go to `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
}

impl Sender {
    /// Reads and checks a sender.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "name", "reply_to"], errors)?;
        let email = field.get("email").parse(Email::parse_stated, errors);
        let name = field.get("name").optional(errors, |field, errors| field.name(1..=64, errors).map(str::to_owned));
        let reply_to = field.get("reply_to").optional(errors, |field, errors| field.parse(Email::parse_stated, errors));
        Some(Self { email: email?, name: name?, reply_to: reply_to? })
    }
}

/// Reason why no e-mail is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum SuppressionReason {
    /// An e-mail to the address bounced permanently.
    Bounced,
    /// The recipient reported an e-mail as spam.
    Complained,
}

/// Entry of the suppression list: an address to which no e-mail is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    pub reason: SuppressionReason,
    /// Instant of the latest bounce or complaint.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;
    use serde_json::json;

    #[test]
    fn every_fault_of_a_sender_is_reported() {
        let read = |sender| input::read(&sender, Sender::read);
        let pointers = |sender| read(sender).unwrap_err().into_iter().map(|e| e.pointer).collect::<Vec<_>>();
        assert_eq!(
            pointers(json!({"email": "x", "name": "a\r\nBcc: b@c.de", "reply_to": "a@b.de, c@d.de", "bcc": "x"})),
            ["/bcc", "/email", "/name", "/reply_to"]
        );
        assert_eq!(pointers(json!({})), ["/email"]);
        let sender = read(json!({"email": "shop@example.com", "name": "Müller, \"Söhne\" & Co"})).unwrap();
        assert_eq!((sender.name.as_deref(), sender.reply_to), (Some("Müller, \"Söhne\" & Co"), None));
    }
}
