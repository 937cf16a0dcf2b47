//! Ownership of applications: a caller with the token of an application, and the shop's server, may replace or remove
//! the application.

use std::fmt;

use serde_json::{Value, json};

use crate::kernel::digest::{Bits80, sha256_hex};
use crate::tenants::secret::TenantSecret;

/// Length of a token in characters.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 22..=100;

/// Token with which a browser proves that it made an application, or got it from the shop's server.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationToken(String);

/// Error for a text that is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 22 to 100 letters, digits, hyphens and underscores, such as the application_token of an earlier response"
)]
pub struct InvalidApplicationToken;

impl ApplicationToken {
    /// Parses a token.
    ///
    /// # Errors
    /// Returns an error if the length or a character is not permitted.
    pub fn parse(text: &str) -> Result<Self, InvalidApplicationToken> {
        let is_permitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match TOKEN_LENGTH.contains(&text.len()) && text.bytes().all(is_permitted) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidApplicationToken),
        }
    }

    /// Returns the request schema of a token.
    pub fn schema() -> Value {
        let (min, max) = TOKEN_LENGTH.into_inner();
        json!({"type": "string", "minLength": min, "maxLength": max, "pattern": "^[A-Za-z0-9_-]+$"})
    }

    /// Derives a token from random bits. The same bits yield the same token, so that a repeated request gets the token of
    /// the first request.
    pub fn new(secret: &TenantSecret, bits: Bits80) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Self(format!("apt_{}", hex(&secret.digest(&["application token", &hex(&bits)])[..16])))
    }

    /// Returns the text of the token, to show it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the digest that is stored instead of the token.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(sha256_hex(&self.0))
    }
}

impl fmt::Debug for ApplicationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationToken(..)")
    }
}

/// SHA-256 of an [`ApplicationToken`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct TokenDigest(String);

impl TokenDigest {
    /// Returns the digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who made an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// A browser, with a storefront key.
    Storefront,
    /// The shop's server.
    Server,
}

/// Owner of an application, or a caller who applies or removes a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationOwner {
    pub maker: Maker,
    /// Digest of the token. `None` for a caller that sends no token, and for an application that an earlier version of
    /// couponflow stored. Only the shop's server may change such an application.
    pub token: Option<TokenDigest>,
}

impl ApplicationOwner {
    /// Returns the owner of an application of this owner after `caller` has replaced it. `None` if `caller` may not
    /// replace the application.
    ///
    /// | caller | owner | outcome |
    /// |---|---|---|
    /// | has the token | any | stays |
    /// | browser without the token | any | not permitted |
    /// | server without the token | server | stays |
    /// | server without the token | browser, or no token | the server becomes the owner, with its own token |
    ///
    /// The server takes over the application of a browser, because a stranger can have applied the code to the order
    /// before the customer did. The token of that browser must not release a hold that the server places.
    #[must_use]
    pub fn after(&self, caller: &Self) -> Option<Self> {
        match (caller.maker, self.maker) {
            _ if self.is_proven_by(caller) => Some(self.clone()),
            (Maker::Storefront, _) => None,
            (Maker::Server, Maker::Server) if self.token.is_some() => Some(self.clone()),
            (Maker::Server, Maker::Server | Maker::Storefront) => Some(caller.clone()),
        }
    }

    /// Whether `caller` may remove an application of this owner.
    pub fn permits_removal_by(&self, caller: &Self) -> bool {
        match caller.maker {
            Maker::Server => true,
            Maker::Storefront => self.is_proven_by(caller),
        }
    }

    /// Whether `caller` has the token of this owner.
    pub fn is_proven_by(&self, caller: &Self) -> bool {
        self.token.is_some() && self.token == caller.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TenantSecret {
        TenantSecret::new([[1; 10]; 4])
    }

    fn owner(maker: Maker, token: Option<u8>) -> ApplicationOwner {
        ApplicationOwner { maker, token: token.map(|bits| ApplicationToken::new(&secret(), [bits; 10]).digest()) }
    }

    #[test]
    fn browser_without_the_token_changes_nothing() {
        for made_by in [owner(Maker::Storefront, Some(1)), owner(Maker::Server, Some(1)), owner(Maker::Server, None)] {
            for token in [None, Some(2)] {
                assert_eq!(made_by.after(&owner(Maker::Storefront, token)), None);
                assert!(!made_by.permits_removal_by(&owner(Maker::Storefront, token)));
            }
        }
    }

    #[test]
    fn token_permits_changes_and_stays_the_token() {
        for made_by in [Maker::Storefront, Maker::Server] {
            for caller in [Maker::Storefront, Maker::Server] {
                let (made_by, caller) = (owner(made_by, Some(1)), owner(caller, Some(1)));
                assert_eq!(made_by.after(&caller), Some(made_by.clone()));
                assert!(made_by.permits_removal_by(&caller));
            }
        }
    }

    #[test]
    fn server_takes_over_what_a_browser_made_and_keeps_what_the_server_made() {
        let server = owner(Maker::Server, Some(2));
        assert_eq!(owner(Maker::Storefront, Some(1)).after(&server), Some(server.clone()));
        assert_eq!(owner(Maker::Server, None).after(&server), Some(server.clone()));
        assert_eq!(owner(Maker::Server, Some(1)).after(&server), Some(owner(Maker::Server, Some(1))));
        assert!(owner(Maker::Storefront, Some(1)).permits_removal_by(&owner(Maker::Server, None)));
    }

    #[test]
    fn token_is_derived_from_bits_and_secret_and_is_not_shown_in_logs() {
        let token = ApplicationToken::new(&secret(), [1; 10]);
        assert_eq!(ApplicationToken::parse(token.reveal()), Ok(token.clone()));
        assert_eq!(ApplicationToken::new(&secret(), [1; 10]), token);
        assert_ne!(ApplicationToken::new(&TenantSecret::new([[2; 10]; 4]), [1; 10]), token);
        assert!(!format!("{token:?}").contains(&token.reveal()[4..]));
        for bad in ["", "apt_1", "spaces are not permitted here", &"a".repeat(101), "ääääääääääääääääääääääää"]
        {
            assert_eq!(ApplicationToken::parse(bad), Err(InvalidApplicationToken), "{bad}");
        }
        assert!(
            ApplicationToken::parse("0f6b3a52-7c1e-4f0e-9b6d-2a4f7c1e9b6d").is_ok(),
            "a UUID that the browser chose"
        );
    }
}
