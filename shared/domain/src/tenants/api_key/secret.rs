//! Secrets of API keys.
//!
//! A secret is `cf_`, the scope, `_`, 30 random characters and a checksum of 6 characters, as GitHub's tokens.
//! Verifying the checksum requires no secret. The checksum lets secret scanners recognise leaked keys without false
//! alarms, and lets the API reject guesses without a read. Secrets that earlier versions of couponflow created end
//! with 40 hexadecimal digits instead and have no checksum.

use std::fmt;

use super::scope::KeyScope;
use crate::kernel::digest::{Bits80, sha256_hex};

/// Digits of numbers in base 62, in the order of their values.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Number of random characters that 80 random bits yield: 62¹⁰ is about 2⁶⁰.
const PER_BITS: usize = 10;

/// Number of characters of the checksum: 62⁶ exceeds 2³².
const CHECKSUM: usize = 6;

/// Number of random characters and of characters of the checksum.
const LENGTH: usize = 3 * PER_BITS + CHECKSUM;

/// Number of hexadecimal digits in secrets that earlier versions of couponflow created.
const EARLIER_LENGTH: usize = 40;

/// Secret of an API key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// Regular expression that matches all secrets, for secret scanners.
    pub const PATTERN: &'static str = "cf_(storefront|server|admin)_([0-9A-Za-z]{36}|[0-9a-f]{40})";

    /// Creates a secret with about 178 random bits.
    pub fn new(scope: KeyScope, bits: [Bits80; 3]) -> Self {
        let random: String = bits.into_iter().map(|bits| base62(number(bits), PER_BITS)).collect();
        let unchecked = Self::prefix(scope) + &random;
        let checksum = checksum(&unchecked);
        Self(unchecked + &checksum)
    }

    /// Returns the first characters of the secrets of a scope.
    pub fn prefix(scope: KeyScope) -> String {
        format!("cf_{}_", scope.into_str())
    }

    /// Parses a secret. `None` if the text is not a secret, or if the checksum is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (scope, rest) = text.strip_prefix("cf_")?.split_once('_')?;
        KeyScope::parse(scope).ok()?;
        let is_secret = match rest.len() {
            LENGTH if rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                let (unchecked, found) = text.split_at(text.len() - CHECKSUM);
                checksum(unchecked) == found
            }
            EARLIER_LENGTH => rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            _ => false,
        };
        is_secret.then(|| Self(text.to_owned()))
    }

    /// Returns the secret as text. Shown once, to the caller who creates the key.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the hash under which the key is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash(sha256_hex(&self.0))
    }

    /// Returns the last four characters, by which people recognise the key.
    pub fn last_four(&self) -> String {
        self.0[self.0.len() - 4..].to_owned()
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

/// SHA-256 of the secret of an API key, in hexadecimal digits. The key is stored under this hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretHash(String);

impl SecretHash {
    /// Creates the hash from its stored text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn checksum(text: &str) -> String {
    base62(crc32fast::hash(text.as_bytes()).into(), CHECKSUM)
}

fn number(bits: Bits80) -> u128 {
    bits.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Returns the last `length` digits of a number in base 62.
fn base62(mut number: u128, length: usize) -> String {
    let mut digits = Vec::with_capacity(length);
    for _ in 0..length {
        digits.push(char::from(DIGITS[(number % 62) as usize]));
        number /= 62;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    fn secret(scope: KeyScope) -> KeySecret {
        KeySecret::new(scope, [[1; 10], [2; 10], [250; 10]])
    }

    #[test]
    fn secret_of_every_scope_is_read_back_and_hidden_in_debug_output() {
        for scope in KeyScope::VARIANTS {
            let secret = secret(*scope);
            assert_eq!(KeySecret::parse(secret.reveal()), Some(secret.clone()));
            assert!(secret.reveal().ends_with(&secret.last_four()));
            assert_eq!(format!("{secret:?}"), "KeySecret(..)");
        }
    }

    #[test]
    fn secret_with_any_changed_character_is_rejected() {
        let text = secret(KeyScope::Server).reveal().to_owned();
        let mut changed = 0;
        for at in "cf_server_".len()..text.len() {
            let other = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
            let text = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(KeySecret::parse(&text), None, "{text}");
            changed += 1;
        }
        assert_eq!(changed, 36);
        assert_eq!(KeySecret::parse(&text.replace("server", "admin")), None);
    }

    #[test]
    fn secret_of_an_earlier_version_is_accepted() {
        let earlier = format!("cf_admin_{}", "0f".repeat(20));
        assert!(KeySecret::parse(&earlier).is_some());
        for bad in ["", "cf_", "cf_admin_", &earlier[1..], &earlier.to_uppercase(), &earlier.replace("admin", "root")] {
            assert_eq!(KeySecret::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn checksum_is_the_published_crc32_in_base_62() {
        // The check value of CRC-32/ISO-HDLC: the checksum of "123456789" is cbf43926.
        assert_eq!(checksum("123456789"), base62(0xcbf4_3926, 6));
        assert_eq!([base62(61, 2), base62(62, 2), base62(62 * 62 - 1, 2)], ["0z", "10", "zz"]);
    }
}
