//! Tenants. A tenant is one shop with its own data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Id of a tenant: 1 to 40 lower-case letters, digits and hyphens, starting with a letter.
///
/// Storage keys contain the id. The permitted characters therefore exclude the separator `#` of
/// storage keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z][a-z0-9-]{0,39}$"))]
pub struct TenantId(String);

/// Error for a text that is not a tenant id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 lower-case letters, digits or hyphens, starting with a letter")]
pub struct InvalidTenantId;

impl TenantId {
    /// Parses a tenant id.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid tenant id.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        let of_the_alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if starts_well && text.len() <= 40 && text.bytes().all(of_the_alphabet) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantId)
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;
    fn try_from(text: String) -> Result<Self, InvalidTenantId> {
        Self::parse(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_capitals_are_rejected() {
        for good in ["a", "demo", "store-12"] {
            assert!(TenantId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "1a", "a#b", "A", "a b", &"a".repeat(41)] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
    }
}
