//! Types of recorded steps.

use serde::{Deserialize, Serialize};

use crate::automation::actions::StepKind;

/// Type of a recorded step. An execution that another version of the code stored can have steps of a kind that this
/// version does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StepType {
    Known(StepKind),
    Unknown(String),
}

impl StepType {
    /// Returns the kind. `None` for a kind that this version does not have.
    pub fn kind(&self) -> Option<StepKind> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Unknown(_) => None,
        }
    }
}

impl StepType {
    /// Returns the `type` in the workflow document.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(kind) => kind.into_str(),
            Self::Unknown(name) => name,
        }
    }
}

impl From<String> for StepType {
    fn from(name: String) -> Self {
        name.parse().map_or_else(|_| Self::Unknown(name), Self::Known)
    }
}

impl From<StepKind> for StepType {
    fn from(kind: StepKind) -> Self {
        Self::Known(kind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stored_type_reads_back_unchanged_even_if_it_is_unknown() {
        for (stored, kind) in
            [("send_email", Some(StepKind::SendEmail)), ("alert", Some(StepKind::Alert)), ("dance", None)]
        {
            let read: StepType = serde_json::from_value(json!(stored)).unwrap();
            assert_eq!(read.kind(), kind);
            assert_eq!(json!(read), stored);
        }
    }
}
