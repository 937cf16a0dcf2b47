//! Locales, which determine how amounts and dates are written.

use std::fmt;

use icu_datetime::provider::Baked;
use icu_datetime::provider::names::DatetimeNamesMonthGregorianV1;
use icu_datetime::provider::semantic_skeletons::marker_attrs::WIDE;
use icu_locale_core::{DataLocale, LanguageIdentifier, langid};
use icu_provider::{DataIdentifierBorrowed, DataProvider, DataRequest, DataResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Form of a language tag: a language (letters), followed by parts of letters and digits.
const TAG: &str = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$";

/// A supported language with an optional script and region, written as a BCP 47 tag such as
/// `de-DE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Locale(LanguageIdentifier);

/// Error for a text that is not a supported locale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a supported language with an optional region, such as \"de-DE\" or \"en\"")]
pub struct UnknownLocale;

impl Locale {
    /// Parses a locale.
    ///
    /// # Errors
    /// Returns an error if the text is not a language tag, or if the language is not supported. Any
    /// region is accepted.
    pub fn parse(text: &str) -> Result<Self, UnknownLocale> {
        let id: LanguageIdentifier = text.parse().map_err(|_| UnknownLocale)?;
        if has_data(&id) { Ok(Self(id)) } else { Err(UnknownLocale) }
    }

    /// Returns the request schema of a locale.
    pub fn schema(description: &str) -> Value {
        json!({"type": "string", "pattern": TAG, "description": format!("BCP 47 language tag. {description}")})
    }

    pub(crate) fn id(&self) -> &LanguageIdentifier {
        &self.0
    }
}

/// Whether month names exist for the language. For an unsupported language, the lookup still
/// succeeds, but returns the data of the locale `und` (unknown language).
fn has_data(id: &LanguageIdentifier) -> bool {
    let locale = DataLocale::from(id);
    let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(WIDE, &locale);
    let request = DataRequest { id, ..DataRequest::default() };
    let found: Result<DataResponse<DatetimeNamesMonthGregorianV1>, _> = Baked.load(request);
    found.is_ok_and(|found| !found.metadata.locale.unwrap_or(locale).is_unknown())
}

/// The default locale is American English.
impl Default for Locale {
    fn default() -> Self {
        Self(langid!("en-US"))
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Locale {
    type Error = UnknownLocale;
    fn try_from(text: String) -> Result<Self, UnknownLocale> {
        Self::parse(&text)
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> String {
        locale.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_or_malformed_locale_is_rejected() {
        for good in
            ["en", "en-US", "de-DE", "de-CH", "pt-BR", "zh-Hant-TW", "ja", "ar-EG", "sr-Latn", "nb", "no", "EN-us"]
        {
            assert!(Locale::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "xx-YY", "und", "english", "de DE", "de-DE-u-nu-thai", "tlh", "../de"] {
            assert_eq!(Locale::parse(bad), Err(UnknownLocale), "{bad}");
        }
        assert_eq!(Locale::parse("EN-us").unwrap(), Locale::default());
    }
}
