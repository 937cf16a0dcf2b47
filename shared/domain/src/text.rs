//! How texts are compared: without regard to case, after Unicode normalisation.

use unicode_normalization::UnicodeNormalization as _;

/// The folded form of a text: two texts that a reader takes for the same word fold alike.
///
/// Composed (NFC), then upper and lower case, which folds `ß` with `SS` and a final `ς` with `σ`, then composed again.
pub fn fold(text: &str) -> String {
    let upper: String = text.nfc().flat_map(char::to_uppercase).collect();
    upper.chars().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_one_word_fold_alike() {
        for (a, b) in [("Flash20", "FLASH20"), ("Straße", "STRASSE"), ("ΣΑΣ", "σας"), ("caf\u{e9}", "CAFE\u{301}")]
        {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        assert_ne!(fold("a*b"), fold("a\\b"));
    }
}
