//! Generation of codes from a secret seed. The codes cannot be derived without the seed.

use std::fmt;
use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

use super::CouponCode;
use crate::kernel::digest::Bits80;
use crate::kernel::input::{Errors, Field};

/// Random characters of a code: digits and capital letters. Excludes 0, O, 1, I and L, because
/// people confuse them. Excludes U, because it looks like V and could form offensive words.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Maximum number of codes that one job generates.
pub const MAX_GENERATED_CODES: i64 = 1_000_000;

/// Permitted numbers of codes.
pub(super) const COUNTS: RangeInclusive<i64> = 1..=MAX_GENERATED_CODES;

/// Minimum random bits of a code, unless the operator sets `allow_guessable`.
const MIN_RANDOM_BITS: f64 = 60.0;

/// Default number of random characters. Thirteen random characters have 63.8 random bits.
pub(super) const DEFAULT_LENGTH: usize = 13;

pub(super) const MAX_PREFIX_LENGTH: usize = 20;

/// Minimum ratio of possible codes to generated codes. The ratio keeps collisions rare, even if
/// several jobs use the same prefix and length.
const SPARSENESS: u128 = 100;

/// Secret random bits from which the codes of a job are derived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [Bits80; 4]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// Request to generate codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateCodes {
    /// Number of codes, from 1 to [`MAX_GENERATED_CODES`].
    pub count: i64,
    prefix: String,
    length: usize,
}

/// Deterministic code generator. A job that resumes after a crash derives the same codes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    pub seed: Seed,
    /// Start of every code.
    pub prefix: String,
    /// Number of random characters after the prefix.
    pub length: usize,
}

/// Creates a generator for a single code from 80 random bits. The code has 63.8 random bits.
pub fn single_code_generator(prefix: &str, bits: Bits80) -> Generator {
    Generator { seed: Seed([bits; 4]), prefix: prefix.to_owned(), length: DEFAULT_LENGTH }
}

impl Generator {
    /// Returns the code for a position in the job and an attempt. The first attempt is 0. If the
    /// code is already taken, the job uses the code of the next attempt.
    ///
    /// Each random character is equally likely. Without the seed, no character can be derived from
    /// other characters.
    pub fn code(&self, place: i64, attempt: u32) -> CouponCode {
        let bytes = (0..).flat_map(|block| self.block(place, attempt, block));
        let random = bytes.filter_map(character).take(self.length);
        CouponCode(self.prefix.chars().chain(random).collect())
    }

    /// Returns one block of SHA-256 in counter mode. All inputs have the same length, so length
    /// extension is impossible and no HMAC is needed.
    fn block(&self, place: i64, attempt: u32, block: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.0.as_flattened());
        hash.update(place.to_be_bytes());
        hash.update(attempt.to_be_bytes());
        hash.update(block.to_be_bytes());
        hash.finalize().into()
    }
}

/// Maps a random byte to a character. Returns `None` for bytes from 240 on (240 is a multiple of
/// 30), because these bytes would make the first characters more likely.
fn character(byte: u8) -> Option<char> {
    const WHOLE: u8 = (256 / ALPHABET.len() * ALPHABET.len()) as u8;
    (byte < WHOLE).then(|| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
}

/// Returns the entropy of `length` random characters in bits.
fn bits(length: usize) -> f64 {
    length as f64 * (ALPHABET.len() as f64).log2()
}

/// Whether `length` random characters leave enough room for `count` codes (see [`SPARSENESS`]).
fn has_room(length: usize, count: i64) -> bool {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    (ALPHABET.len() as u128).saturating_pow(length) / SPARSENESS >= count.unsigned_abs().into()
}

/// Returns the shortest length that satisfies `good`. All longer lengths must also satisfy `good`.
fn shortest(good: impl Fn(usize) -> bool) -> usize {
    (1..).find(|length| good(*length)).unwrap_or(usize::MAX)
}

impl GenerateCodes {
    /// Reads a body such as `{"count": 1000, "prefix": "VIP", "length": 13}`. `length` is the
    /// number of random characters. The body can have `random_bits` instead of `length`.
    pub fn read(body: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        body.object(&["count", "prefix", "length", "random_bits", "allow_guessable"], errors);
        let count = body.get("count").integer(COUNTS, errors);
        let prefix = body.get("prefix").optional(errors, |field, errors| field.parse(prefix, errors));
        let allow_guessable = body.get("allow_guessable").optional(errors, Field::boolean);
        let (length, place) = length(body, errors)?;
        let (count, prefix, allow_guessable) = (count?, prefix?.unwrap_or_default(), allow_guessable?.unwrap_or(false));

        let before = errors.len();
        let whole = prefix.len() + length;
        if !CouponCode::LENGTH.contains(&whole) {
            let detail = format!("makes codes of {whole} characters including the prefix; a code must have 3 to 40");
            place.reject::<()>(detail, errors);
        }
        if !has_room(length, count) {
            let enough = shortest(|length| has_room(length, count));
            let detail = format!(
                "allows too few codes: {count} must be at most 1 % of the possible codes; \
                 use at least {enough} random characters"
            );
            place.reject::<()>(detail, errors);
        }
        if bits(length) < MIN_RANDOM_BITS && !allow_guessable {
            let enough = shortest(|length| bits(length) >= MIN_RANDOM_BITS);
            let detail = format!(
                "makes codes of {:.1} random bits, which can be guessed; \
                 use at least {enough} random characters (60 bits), or accept the risk with \"allow_guessable\": true",
                bits(length)
            );
            place.reject::<()>(detail, errors);
        }
        (errors.len() == before).then_some(Self { count, prefix, length })
    }

    /// Creates the generator for a job from the seed of that job.
    pub fn generator(&self, seed: Seed) -> Generator {
        Generator { seed, prefix: self.prefix.clone(), length: self.length }
    }
}

/// Permitted numbers of random characters of a code.
pub(super) fn lengths() -> RangeInclusive<i64> {
    1..=*CouponCode::LENGTH.end() as i64
}

/// Permitted numbers of random bits of a code.
pub(super) fn random_bits() -> RangeInclusive<i64> {
    1..=bits(*CouponCode::LENGTH.end()) as i64
}

/// Returns the requested number of random characters, and the field `length` or `random_bits` that
/// requests this number.
fn length<'a>(body: &Field<'a>, errors: &mut Errors) -> Option<(usize, Field<'a>)> {
    let (length, bits_wanted) = (body.get("length"), body.get("random_bits"));
    if bits_wanted.is_absent() {
        let wanted = length.optional(errors, |field, errors| field.integer(lengths(), errors))?;
        return Some((wanted.map_or(Some(DEFAULT_LENGTH), |wanted| usize::try_from(wanted).ok())?, length));
    }
    if !length.is_absent() {
        return bits_wanted.reject("cannot be combined with length; remove one of them", errors);
    }
    let wanted = bits_wanted.integer(random_bits(), errors)?;
    Some((shortest(|length| bits(length) >= wanted as f64), bits_wanted))
}

fn prefix(text: &str) -> Result<String, String> {
    match text.len() <= MAX_PREFIX_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(text.to_ascii_uppercase()),
        false => Err(format!("must be at most {MAX_PREFIX_LENGTH} letters (A to Z) and digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input::read;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::HashSet;

    fn generator(body: Value, seed: u8) -> Generator {
        read(&body, GenerateCodes::read).unwrap().generator(Seed([[seed; 10]; 4]))
    }

    fn refused(body: Value) -> Vec<(String, String)> {
        let errors = read(&body, GenerateCodes::read).unwrap_err();
        errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn code_is_prefix_and_unambiguous_characters() {
        let generator = generator(json!({"count": 1, "prefix": "vip2o"}), 1);
        for place in 0..1000 {
            let code = generator.code(place, 0);
            let random = code.as_str().strip_prefix("VIP2O").unwrap();
            assert_eq!(random.len(), 13);
            assert!(!random.contains(['0', '1', 'I', 'L', 'O', 'U']), "{random}");
            assert_eq!(CouponCode::parse(code.as_str()), Ok(code));
        }
    }

    /// Runs Pearson's chi-squared test at each position, with 29 degrees of freedom. The limit of
    /// 81.5 corresponds to a significance level of one in a million. A biased generator, which
    /// takes each byte modulo 30, reaches about 370.
    #[test]
    fn every_character_is_equally_likely() {
        const CODES: i64 = 100_000;
        let generator = generator(json!({"count": 1}), 2);
        let mut counts = [[0_i64; 30]; 13];
        for place in 0..CODES {
            for (position, character) in generator.code(place, 0).as_str().bytes().enumerate() {
                counts[position][ALPHABET.iter().position(|letter| *letter == character).unwrap()] += 1;
            }
        }
        let expected = CODES as f64 / 30.0;
        for counts in counts {
            let chi_square: f64 = counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
            assert!(chi_square < 81.5, "{chi_square}");
        }
    }

    #[test]
    fn codes_differ_by_position_attempt_and_seed() {
        let one = generator(json!({"count": 1}), 3);
        let codes: HashSet<CouponCode> = (0..10_000)
            .flat_map(|place| (0..3).map(move |attempt| (place, attempt)))
            .map(|(p, a)| one.code(p, a))
            .collect();
        assert_eq!(codes.len(), 30_000);
        let other = generator(json!({"count": 1}), 4);
        assert!((0..10_000).all(|place| !codes.contains(&other.code(place, 0))));
    }

    proptest! {
        #[test]
        fn code_has_the_length_of_its_generator(
            seed in any::<[Bits80; 4]>(), length in 1_usize..=40, place in 0..MAX_GENERATED_CODES, attempt in 0_u32..100
        ) {
            let generator = Generator { seed: Seed(seed), prefix: String::new(), length };
            prop_assert_eq!(generator.code(place, attempt).as_str().len(), length);
        }
    }

    #[test]
    fn fewer_than_60_random_bits_require_allow_guessable() {
        for body in
            [json!({"count": 1}), json!({"count": 1_000_000, "length": 13}), json!({"count": 1, "random_bits": 60})]
        {
            assert_eq!(read(&body, GenerateCodes::read).unwrap().length, 13);
        }
        for (member, value) in [("length", 12), ("random_bits", 58)] {
            let detail = "makes codes of 58.9 random bits, which can be guessed; \
                          use at least 13 random characters (60 bits), \
                          or accept the risk with \"allow_guessable\": true";
            assert_eq!(refused(json!({"count": 5, member: value})), [(format!("/{member}"), detail.to_owned())]);
            let accepted = json!({"count": 5, member: value, "allow_guessable": true});
            assert_eq!(read(&accepted, GenerateCodes::read).unwrap().length, 12);
        }
    }

    #[test]
    fn too_few_possible_codes_are_rejected_despite_allow_guessable() {
        let body = |count: i64, length: i64| json!({"count": count, "length": length, "prefix": "AB", "allow_guessable": true});
        assert!(read(&body(9, 2), GenerateCodes::read).is_ok());
        let detail =
            "allows too few codes: 10 must be at most 1 % of the possible codes; use at least 3 random characters";
        assert_eq!(refused(body(10, 2)), [("/length".to_owned(), detail.to_owned())]);
        assert!(read(&body(1_000_000, 6), GenerateCodes::read).is_ok());
    }

    #[test]
    fn every_error_is_listed() {
        let pointers = |body: Value| refused(body).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
        assert_eq!(
            pointers(json!({"count": 0, "prefix": "VIP-", "length": 41, "colour": "red", "allow_guessable": 1})),
            ["/colour", "/count", "/prefix", "/allow_guessable", "/length"]
        );
        assert_eq!(pointers(json!({"count": 1, "length": 13, "random_bits": 60})), ["/random_bits"]);
        assert_eq!(pointers(json!({"count": 1, "prefix": "A".repeat(20), "length": 21})), ["/length"]);
        assert_eq!(pointers(json!({"count": 1_000_001})), ["/count"]);
        assert_eq!(
            pointers(json!({"count": 1, "length": 1})),
            ["/length"; 3],
            "code too short, too few possible codes, and guessable"
        );
        assert_eq!(pointers(json!({"count": 1, "prefix": "A".repeat(21)})), ["/prefix"]);
    }
}
