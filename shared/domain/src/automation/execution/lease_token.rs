//! Tokens of claims on steps.

use serde::{Deserialize, Serialize};

use crate::kernel::digest::Bits80;

/// Token of a claim on a step: random, as hexadecimal digits. Distinguishes instances that claim in the same
/// millisecond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseToken(String);

impl LeaseToken {
    /// Creates a token from random bits.
    pub fn new(bits: Bits80) -> Self {
        Self(bits.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
