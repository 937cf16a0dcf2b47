//! Deterministic 80-bit digests, from which ids and storage keys are derived.

use sha2::{Digest as _, Sha256};

/// The random part of a ULID: 80 bits.
pub type Bits80 = [u8; 10];

/// The first 80 bits of the SHA-256 of `parts`, each preceded by its length so that no two lists collide by
/// concatenation.
///
/// At 80 bits, a billion digests of one tenant collide with a probability below 10⁻⁶ (birthday bound n²/2⁸¹).
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

/// `bits80` as 16 characters of Crockford's base 32: the same text that ends a ULID made from these bits.
pub fn key80(parts: &[&str]) -> String {
    crate::ids::ulid_text(0, bits80(parts))[10..].to_owned()
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes.as_ref()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_boundary_changes_the_digest() {
        assert_ne!(bits80(&["ab", "c"]), bits80(&["a", "bc"]));
        assert_eq!(bits80(&["ab", "c"]), bits80(&["ab", "c"]));
    }

    #[test]
    fn sha256_is_the_published_one() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
