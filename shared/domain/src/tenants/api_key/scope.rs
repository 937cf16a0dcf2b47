//! Scopes of API keys.

use serde::{Deserialize, Serialize};

use crate::purchases::Maker;

/// Scope of an API key. Each scope includes the scopes that are listed before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum KeyScope {
    /// Apply codes and remove applications. Safe to use in a browser.
    Storefront,
    /// Also redeem, roll back, read billing discounts and manage contacts.
    Server,
    /// Every operation.
    Admin,
}

impl KeyScope {
    /// Returns who makes the applications of requests with this scope.
    pub fn maker(self) -> Maker {
        match self {
            Self::Storefront => Maker::Storefront,
            Self::Server | Self::Admin => Maker::Server,
        }
    }

    /// Parses the name of a scope.
    ///
    /// # Errors
    /// Returns an error if the text is not the name of a scope.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be \"storefront\", \"server\" or \"admin\"")
    }
}
