//! Language tags of contacts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::locale::Locale;

/// Maximum length of a tag.
const MAX_LENGTH: usize = 35;

/// BCP 47 language tag such as `de-CH`. A contact keeps its language even if messages cannot be formatted for the
/// language. A stored tag is not checked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Parses a tag. The language may be unsupported.
    ///
    /// # Errors
    /// Returns an error if the text does not have the form of a tag.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split('-');
        let language = parts.next().unwrap_or_default();
        let is_language = (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_language && parts.all(is_part) && text.len() <= MAX_LENGTH {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a language tag (BCP 47), such as \"de-CH\"")
        }
    }

    /// Returns the request schema of a tag.
    pub fn schema(description: &str) -> Value {
        let mut schema = Locale::schema(description);
        schema["maxLength"] = json!(MAX_LENGTH);
        schema
    }

    /// Returns the tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the locale for messages. `None` if messages cannot be formatted for the language.
    pub fn locale(&self) -> Option<Locale> {
        Locale::parse(&self.0).ok()
    }
}
