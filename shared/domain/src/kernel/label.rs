//! Names of tags and lists, which mark and group contacts.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::json_schema;
use crate::kernel::text::fold;

/// Maximum length of a name in characters.
pub const MAX_LABEL_LENGTH: usize = 100;

/// Name of a tag or a list. Comparisons ignore surrounding white space, case and Unicode form:
/// `Vip`, `VIP` and ` vip ` are equal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Label {
    text: String,
    key: String,
}

/// Error for a text that is not a valid name of a tag or a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of 1 to {MAX_LABEL_LENGTH} characters on one line, not blank")]
pub struct InvalidLabel;

impl Label {
    /// Parses a name from a request. The name is trimmed and composed (NFC).
    ///
    /// # Errors
    /// Returns an error if the name is blank, too long, or contains line breaks or control
    /// characters.
    pub fn parse(text: &str) -> Result<Self, InvalidLabel> {
        let text: String = text.trim().nfc().collect();
        let fits = (1..=MAX_LABEL_LENGTH).contains(&text.chars().count());
        let is_line = !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        if fits && is_line { Ok(Self::from(text)) } else { Err(InvalidLabel) }
    }

    /// Returns the request schema of a name.
    pub fn schema(description: &str) -> Value {
        json_schema::text(1..=MAX_LABEL_LENGTH, description)
    }

    /// Returns the name in its own spelling, which is not folded.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the folded form of the trimmed name. All spellings of a name have the same folded
    /// form.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Removes duplicate names, keeping the first spelling of each.
pub fn distinct(labels: impl IntoIterator<Item = Label>) -> BTreeSet<Label> {
    // Not `collect`, because `collect` would keep the last spelling.
    labels.into_iter().fold(BTreeSet::new(), |mut distinct, label| {
        distinct.insert(label);
        distinct
    })
}

/// Converts a stored name without trimming it. Earlier versions stored names with surrounding white
/// space.
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
    fn spellings_of_one_name_are_equal_and_the_first_is_kept() {
        let spellings = ["Vip", "VIP", " vip ", "vip"];
        let set = distinct(spellings.map(Label::from));
        assert_eq!(set.iter().map(Label::as_str).collect::<Vec<_>>(), ["Vip"]);
        assert_eq!(Label::from("caf\u{e9}"), Label::from("CAFE\u{301}"));
        assert_ne!(Label::from("vip"), Label::from("vip 2"));
    }

    #[test]
    fn parsed_name_is_trimmed_and_composed() {
        assert_eq!(Label::parse("  Cafe\u{301} ").unwrap().as_str(), "Caf\u{e9}");
        assert_eq!(Label::parse(&format!(" {} ", "a".repeat(100))).unwrap().as_str().len(), 100);
        for bad in ["", "  ", "a\nb", "a\u{2028}b", &"a".repeat(101)] {
            assert_eq!(Label::parse(bad), Err(InvalidLabel), "{bad:?}");
        }
    }
}
