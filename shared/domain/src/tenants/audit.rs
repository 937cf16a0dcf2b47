//! Audit log of a tenant: who changed what.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::kernel::counters::Revision;
use crate::kernel::digest::{Bits80, bits80};
use crate::kernel::ids::{AuditId, InvalidId, KeyId};

/// How long an entry of the audit log is kept.
pub const AUDIT_RETENTION: TimeDelta = TimeDelta::days(400);

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A client with this API key.
    Key(KeyId),
    /// An operator of the service, by a command.
    Operator,
}

impl Actor {
    /// Text form of [`Actor::Operator`].
    const OPERATOR: &'static str = "operator";

    /// Parses the text form: the id of a key, or `operator`.
    ///
    /// # Errors
    /// Returns an error if the text is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match text {
            Self::OPERATOR => Ok(Self::Operator),
            key => KeyId::parse(key).map(Self::Key),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(id) => id.as_str(),
            Self::Operator => Self::OPERATOR,
        })
    }
}

/// Author of the changes of one request or command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub actor: Actor,
    /// Name of the operation or command.
    pub operation: &'static str,
    /// Request id of the gateway. `None` for a command.
    pub request_id: Option<String>,
    /// Instant and bits of the request, the same in each run of a repeated request.
    pub at: DateTime<Utc>,
    pub bits: Bits80,
}

/// Changed resource, and its version before and after the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Id or name of the resource.
    pub target: String,
    /// `None` if the resource is new or has no versions.
    pub before: Option<Revision>,
    /// `None` if the resource is removed or has no versions.
    pub after: Option<Revision>,
}

impl Change {
    /// Change of a resource without versions.
    pub fn of(target: impl fmt::Display) -> Self {
        Self { target: target.to_string(), before: None, after: None }
    }

    /// Adds the versions.
    #[must_use]
    pub fn versions(self, before: impl Into<Option<Revision>>, after: impl Into<Option<Revision>>) -> Self {
        Self { before: before.into(), after: after.into(), ..self }
    }
}

/// Entry of the audit log. Contains no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The id contains the instant of the change.
    pub id: AuditId,
    pub actor: Actor,
    pub operation: String,
    pub change: Change,
    pub request_id: Option<String>,
}

impl AuditEntry {
    /// Creates the entry of a change. A repeated run of the same request creates the same entry.
    pub fn new(author: &Author, change: Change) -> Self {
        let request: String = author.bits.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: AuditId::new(author.at, bits80(&[&request, &change.target])),
            actor: author.actor.clone(),
            operation: author.operation.to_owned(),
            change,
            request_id: author.request_id.clone(),
        }
    }
}

/// Selects entries of the audit log. Every field that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub actor: Option<Actor>,
    pub target: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_run_of_a_request_has_the_same_entry_for_each_target() {
        let author = Author {
            actor: Actor::Operator,
            operation: "create_key",
            request_id: None,
            at: DateTime::UNIX_EPOCH,
            bits: [1; 10],
        };
        let entry = |target: &str| AuditEntry::new(&author, Change::of(target));
        assert_eq!(entry("a"), entry("a"));
        assert_ne!(entry("a").id, entry("b").id);
    }

    #[test]
    fn actor_is_read_from_its_text() {
        for actor in [Actor::Operator, Actor::Key(KeyId::new(DateTime::UNIX_EPOCH, [1; 10]))] {
            assert_eq!(Actor::parse(&actor.to_string()), Ok(actor));
        }
        assert!(Actor::parse("nobody").is_err());
    }
}
