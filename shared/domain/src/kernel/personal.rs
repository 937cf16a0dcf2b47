//! Texts that must not appear in logs.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// What [`PersonalText`], e-mail addresses and coupon codes show instead of their content.
pub(crate) const REDACTED: &str = "[redacted]";

/// A text that can identify a person or is confidential: a name, a customer id, a rendered message. `Debug` does not
/// show the text, and the type has no `Display`, so that a log line cannot contain the text by mistake. Serialised as
/// the text itself.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalText(String);

impl PersonalText {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text and gives up its protection.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for PersonalText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl From<String> for PersonalText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PersonalText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<str> for PersonalText {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}

impl PartialEq<&str> for PersonalText {
    fn eq(&self, text: &&str) -> bool {
        self.0 == *text
    }
}

impl JsonSchema for PersonalText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_show_the_text_and_json_does() {
        let name = PersonalText::from("Ana");
        assert_eq!(format!("{:?} {:#?}", Some(&name), name), "Some([redacted]) [redacted]");
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"Ana\"");
        assert_eq!(serde_json::from_str::<PersonalText>("\"Ana\"").unwrap(), name);
    }
}
