//! Signing secrets of webhooks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::kernel::digest::Bits80;
use crate::kernel::ids::SigningSecretId;

/// Time for which the previous secret remains valid after a new secret is added.
pub const SECRET_OVERLAP: TimeDelta = TimeDelta::hours(24);

const PREFIX: &str = "whsec_";

/// Secret that webhooks are signed with. Only [`SigningSecret::reveal`] returns the secret as text.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    pub id: SigningSecretId,
    pub created_at: DateTime<Utc>,
    /// End of validity; `None` until another secret replaces this one.
    pub valid_until: Option<DateTime<Utc>>,
    key: Vec<u8>,
}

/// Error for a text that is not a signing secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ followed by 24 to 64 bytes in base64")]
pub struct InvalidSecret;

impl SigningSecret {
    /// Creates a secret from 240 random bits.
    pub fn new(id: SigningSecretId, bits: [Bits80; 3], created_at: DateTime<Utc>) -> Self {
        Self { id, created_at, valid_until: None, key: bits.concat() }
    }

    /// Parses a secret in the form `whsec_…`.
    ///
    /// # Errors
    /// Returns [`InvalidSecret`] if the text has another form.
    pub fn parse(id: SigningSecretId, text: &str, created_at: DateTime<Utc>) -> Result<Self, InvalidSecret> {
        let key = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        let key = key.filter(|key| (24..=64).contains(&key.len())).ok_or(InvalidSecret)?;
        Ok(Self { id, created_at, valid_until: None, key })
    }

    /// Returns the secret as text, which receivers need to verify signatures.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.key))
    }

    pub(super) fn sign(&self, text: &str) -> String {
        // `new_from_slice` never fails, because HMAC accepts keys of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        let signature = mac.chain_update(text).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(signature))
    }

    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecret({})", self.id)
    }
}

/// Adds a new secret. Returns the new secret and the previous secret, in this order. The previous
/// secret remains valid for [`SECRET_OVERLAP`]. Older secrets are dropped. No-op if `secrets`
/// already contains the new secret.
pub fn rotate(secrets: &[SigningSecret], new: SigningSecret, now: DateTime<Utc>) -> Vec<SigningSecret> {
    if secrets.iter().any(|secret| secret.id == new.id) {
        return secrets.to_vec();
    }
    let former =
        secrets.first().map(|former| SigningSecret { valid_until: Some(now + SECRET_OVERLAP), ..former.clone() });
    [new].into_iter().chain(former).collect()
}

/// Returns the secrets that are valid at `now`.
pub fn valid_secrets(secrets: Vec<SigningSecret>, now: DateTime<Utc>) -> Vec<SigningSecret> {
    secrets.into_iter().filter(|secret| secret.is_valid(now)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn secret(n: u8) -> SigningSecret {
        SigningSecret::new(SigningSecretId::new(at(0), [n; 10]), [[n; 10]; 3], at(0))
    }

    fn ids(secrets: &[SigningSecret]) -> Vec<SigningSecretId> {
        secrets.iter().map(|secret| secret.id.clone()).collect()
    }

    #[test]
    fn previous_secret_stays_valid_for_a_day() {
        let both = rotate(&rotate(&[], secret(1), at(0)), secret(2), at(1));
        assert_eq!(ids(&valid_secrets(both.clone(), at(24))), ids(&[secret(2), secret(1)]));
        assert_eq!(ids(&valid_secrets(both, at(25))), ids(&[secret(2)]));
    }

    #[test]
    fn at_most_two_secrets_are_valid_at_once() {
        let two = rotate(&rotate(&[], secret(1), at(0)), secret(2), at(1));
        assert_eq!(ids(&valid_secrets(rotate(&two, secret(3), at(2)), at(2))), ids(&[secret(3), secret(2)]));
    }

    #[test]
    fn rotating_to_the_same_secret_again_changes_nothing() {
        let two = rotate(&rotate(&[], secret(1), at(0)), secret(2), at(1));
        assert_eq!(rotate(&two, secret(2), at(9)), two);
    }

    #[test]
    fn debug_output_hides_the_secret_and_invalid_secrets_are_rejected() {
        let text = secret(1).reveal();
        assert_eq!(SigningSecret::parse(secret(1).id, &text, at(0)), Ok(secret(1)));
        assert!(!format!("{:?}", secret(1)).contains(&text[6..]));
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"] {
            assert_eq!(SigningSecret::parse(secret(1).id, bad, at(0)), Err(InvalidSecret), "{bad}");
        }
    }
}
