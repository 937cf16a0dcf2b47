//! Secret of a tenant, with which the tenant's digests are keyed.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::kernel::digest::Bits80;

/// Number of random bytes.
const LENGTH: usize = 32;

/// Random secret of a tenant. The secret never leaves the service. Digests that are keyed with the secret cannot be
/// computed by others, even if the digested value can be guessed.
#[derive(Clone, PartialEq, Eq)]
pub struct TenantSecret([u8; LENGTH]);

/// Error for a text that is not the stored form of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct InvalidTenantSecret;

impl TenantSecret {
    /// Creates a secret from 256 of 320 random bits.
    pub fn new(bits: [Bits80; 4]) -> Self {
        let mut secret = [0; LENGTH];
        secret.copy_from_slice(&bits.concat()[..LENGTH]);
        Self(secret)
    }

    /// Parses the stored form.
    ///
    /// # Errors
    /// Returns an error if the text is not the stored form of a secret.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantSecret> {
        let mut secret = [0; LENGTH];
        if text.len() != 2 * LENGTH || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(InvalidTenantSecret);
        }
        for (i, byte) in secret.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| InvalidTenantSecret)?;
        }
        Ok(Self(secret))
    }

    /// Returns the stored form: 64 hexadecimal digits.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the HMAC-SHA-256 of `parts`. The first part names what is digested, so that digests for different
    /// purposes differ. The length of each part is hashed before the part, as in
    /// [`bits80`](crate::kernel::digest::bits80).
    pub fn digest(&self, parts: &[&str]) -> [u8; 32] {
        // `new_from_slice` never fails, because HMAC accepts keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for TenantSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(first: u8) -> TenantSecret {
        TenantSecret::new([[first; 10], [2; 10], [3; 10], [4; 10]])
    }

    #[test]
    fn stored_form_is_read_back_and_debug_output_hides_the_secret() {
        let text = secret(1).reveal();
        assert_eq!(TenantSecret::parse(&text), Ok(secret(1)));
        assert!(!format!("{:?}", secret(1)).contains(&text[..4]));
        for bad in ["", "00", &text[1..], &format!("+{}", &text[1..]), &text.replace('1', "A"), &"é".repeat(32)] {
            assert_eq!(TenantSecret::parse(bad), Err(InvalidTenantSecret), "{bad}");
        }
    }

    #[test]
    fn digest_depends_on_the_secret_and_on_the_boundaries_of_the_parts() {
        assert_eq!(secret(1).digest(&["address", "a"]), secret(1).digest(&["address", "a"]));
        assert_ne!(secret(1).digest(&["address", "a"]), secret(2).digest(&["address", "a"]));
        assert_ne!(secret(1).digest(&["address", "a"]), secret(1).digest(&["addressa"]));
    }
}
