//! Names of tags and lists.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::text::fold;

/// The longest name, in characters.
pub const LONGEST_LABEL: usize = 100;

/// The name of a tag or a list. It shows as it was first written, and compares trimmed, after Unicode normalisation and
/// without regard to case: `Vip`, `VIP` and ` vip ` are one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Label {
    text: String,
    key: String,
}

/// Why a text is not the name of a tag or a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a text of 1 to {LONGEST_LABEL} characters, on one line, that is not blank")]
pub struct InvalidLabel;

impl Label {
    /// A name that somebody writes: it is kept trimmed and composed (NFC).
    ///
    /// # Errors
    /// Where nothing is left of it, it is too long, or it has line breaks or control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidLabel> {
        let text: String = text.trim().nfc().collect();
        let fits = (1..=LONGEST_LABEL).contains(&text.chars().count());
        let is_line = !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        if fits && is_line { Ok(Self::from(text)) } else { Err(InvalidLabel) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What all spellings of it share.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The names without repetitions: of several spellings of one, the first stays.
pub fn distinct(labels: impl IntoIterator<Item = Label>) -> BTreeSet<Label> {
    // Collecting would keep the last.
    labels.into_iter().fold(BTreeSet::new(), |mut distinct, label| {
        distinct.insert(label);
        distinct
    })
}

/// A name as it is stored, which earlier versions did not trim.
impl From<String> for Label {
    fn from(text: String) -> Self {
        let key = fold(text.trim());
        Self { text, key }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.text
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Label {}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_and_the_first_shows() {
        let spellings = ["Vip", "VIP", " vip ", "vip"];
        let set = distinct(spellings.map(Label::from));
        assert_eq!(set.iter().map(Label::as_str).collect::<Vec<_>>(), ["Vip"]);
        assert_eq!(Label::from("caf\u{e9}"), Label::from("CAFE\u{301}"));
        assert_ne!(Label::from("vip"), Label::from("vip 2"));
    }

    #[test]
    fn what_is_written_is_kept_trimmed_and_composed() {
        assert_eq!(Label::parse("  Cafe\u{301} ").unwrap().as_str(), "Caf\u{e9}");
        assert_eq!(Label::parse(&format!(" {} ", "a".repeat(100))).unwrap().as_str().len(), 100);
        for bad in ["", "  ", "a\nb", "a\u{2028}b", &"a".repeat(101)] {
            assert_eq!(Label::parse(bad), Err(InvalidLabel), "{bad:?}");
        }
    }
}
