//! Deterministic 80-bit digests for ids and storage keys.

use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// The last 80 bits of a ULID, after the time.
pub type Bits80 = [u8; 10];

/// Returns the first 80 bits of the SHA-256 of `parts`. The length of each part is hashed before
/// the part, so that the digests of `["ab", "c"]` and `["a", "bc"]` differ.
///
/// The probability that two of a billion digests are equal is below 10⁻⁶ (birthday bound n²/2⁸¹).
pub fn bits80(parts: &[&str]) -> Bits80 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bits = [0; 10];
    bits.copy_from_slice(&hash.finalize()[..10]);
    bits
}

/// Returns [`bits80`] of `parts` as 16 characters in Crockford's base 32. A ULID with these bits
/// ends with the same characters.
pub fn key80(parts: &[&str]) -> String {
    ulid_text(0, bits80(parts))[10..].to_owned()
}

/// Returns the 26 characters of the ULID with this time (milliseconds since 1970) and these 80
/// bits.
pub(crate) fn ulid_text(at_ms: u64, bits: Bits80) -> String {
    let random = bits.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
    Ulid::from_parts(at_ms, random).to_string()
}

/// Returns the SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes.as_ref()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_boundary_between_parts_changes_digest() {
        assert_ne!(bits80(&["ab", "c"]), bits80(&["a", "bc"]));
        assert_eq!(bits80(&["ab", "c"]), bits80(&["ab", "c"]));
    }

    #[test]
    fn sha256_matches_published_test_vector() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
