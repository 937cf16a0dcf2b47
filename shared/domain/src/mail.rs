//! E-mail: who it is from, whose step it is of, and who gets none.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::customer::Email;
use crate::ids::ExecutionId;
use crate::input::{Errors, Field};
use crate::tenant::TenantId;

/// The tag of a mail that names its tenant.
pub const TENANT_TAG: &str = "couponflow-tenant";

/// The tag of a mail that names its execution.
pub const EXECUTION_TAG: &str = "couponflow-execution";

/// The tag of a mail that names its step.
pub const STEP_TAG: &str = "couponflow-step";

/// The tags of a mail that a step sends, by which what becomes of it is traced back to the step. Of ASCII letters,
/// digits, `-` and `_`, as SES wants them.
pub fn tags(tenant_id: &TenantId, execution_id: &ExecutionId, step_id: &str) -> [(&'static str, String); 3] {
    [(TENANT_TAG, tenant_id.to_string()), (EXECUTION_TAG, execution_id.to_string()), (STEP_TAG, step_id.to_owned())]
}

/// Whom a mail is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Its address, which SES must know as the account's own.
    pub email: Email,
    /// The name beside the address, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where answers go, if not to the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
}

impl Sender {
    /// Reads and checks a sender.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "name", "reply_to"], errors)?;
        let email = field.get("email").parse(Email::parse, errors);
        let name = field.get("name").optional(errors, |field, errors| field.text(1..=64, errors).map(str::to_owned));
        let reply_to = field.get("reply_to").optional(errors, |field, errors| field.parse(Email::parse, errors));
        Some(Self { email: email?, name: name?, reply_to: reply_to? })
    }
}

/// Why an address gets no more mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// Mail to it came back for good.
    Bounced,
    /// Its owner called a mail spam.
    Complained,
}

impl SuppressionReason {
    /// As in `"reason": "bounced"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// That an address gets no more mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    /// Why.
    pub reason: SuppressionReason,
    /// When that happened last.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use serde_json::json;

    #[test]
    fn every_fault_of_a_sender_is_named() {
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
