//! Secret of an unsubscribe link.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::digest::{Bits80, sha256_hex, ulid_text};

/// Secret part of an unsubscribe link. The `Debug` output does not show the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnsubscribeToken(pub(super) String);

impl UnsubscribeToken {
    /// Creates a token from random bits.
    pub fn new(bits: Bits80) -> Self {
        Self(ulid_text(0, bits)[10..].to_owned())
    }

    /// Returns the token as text, for storage.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares two tokens by their digests, so that the duration of the comparison reveals nothing
    /// about the tokens.
    pub fn matches(&self, other: &Self) -> bool {
        sha256_hex(&self.0) == sha256_hex(&other.0)
    }
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeToken(…)")
    }
}
