//! Coupon codes. A customer enters a code to use a coupon. A shared code can be used by many
//! customers. A unique code can be redeemed once.

mod generator;
mod list;
mod schema;
mod unique;

pub use generator::{GenerateCodes, Generator, MAX_GENERATED_CODES, Seed, single_code_generator};
pub use list::{ListedCode, MAX_LISTED_CODES, read_code_list};
pub use unique::{CodeStatus, UniqueCode};

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::kernel::digest::{Bits80, bits80, key80};
use crate::kernel::personal::REDACTED;

/// A coupon code: 3 to 40 letters and digits, kept in upper case. Parsing ignores case and
/// surrounding white space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Z0-9]{3,40}$"))]
pub struct CouponCode(String);

/// Error for a text that is not a coupon code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 3 to 40 letters (A to Z) and digits")]
pub struct InvalidCode;

impl CouponCode {
    /// Permitted lengths in characters.
    pub const LENGTH: RangeInclusive<usize> = 3..=40;

    /// Parses a code, ignoring case and surrounding white space.
    ///
    /// # Errors
    /// Returns an error if the text is not 3 to 40 ASCII letters and digits.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let text = text.trim();
        if Self::LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(InvalidCode)
        }
    }

    /// Returns the code in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the storage key: an 80-bit digest of the code, as text. The id of a unique code's
    /// redemption has the same bits, so the code can be found from the redemption id.
    pub fn key(&self) -> String {
        key80(&["code", &self.0])
    }

    /// Returns the 80-bit digest of the code.
    pub fn bits(&self) -> Bits80 {
        bits80(&["code", &self.0])
    }
}

impl fmt::Debug for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl TryFrom<String> for CouponCode {
    type Error = InvalidCode;
    fn try_from(text: String) -> Result<Self, InvalidCode> {
        Self::parse(&text)
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> String {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_kept_in_upper_case() {
        assert_eq!(CouponCode::parse(" flash20 ").unwrap().as_str(), "FLASH20");
    }

    #[test]
    fn code_with_invalid_length_or_character_is_rejected() {
        for bad in ["", "AB", "FLASH-20", "ÄÖÜ", "A B C", &"A".repeat(41)] {
            assert_eq!(CouponCode::parse(bad), Err(InvalidCode), "{bad}");
        }
        assert!(CouponCode::parse(&"A".repeat(40)).is_ok());
    }
}
