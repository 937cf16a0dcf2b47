//! Customers and their e-mail addresses. UTS 46 is the Unicode standard for internationalised
//! domain names.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr as _;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::digest::key80;
use crate::kernel::input::{Errors, Field, parse_text};
use crate::kernel::json_schema;
use crate::kernel::personal::{PersonalText, REDACTED};
use crate::kernel::text::fold;
use crate::kernel::unlinked::unlinked;

/// Maximum number of characters of a name in a message. A longer name can hold a message of its own.
const MAX_NAME_IN_MESSAGE: usize = 40;

/// Maximum length of an address in characters, before normalisation.
const MAX_EMAIL_LENGTH: usize = 320;

/// Permitted lengths of the shop's id of a customer, in characters.
pub(crate) const ID_LENGTH: RangeInclusive<usize> = 1..=100;

/// Permitted lengths of a first or last name, in characters.
pub(crate) const NAME_LENGTH: RangeInclusive<usize> = 1..=100;

/// An e-mail address in its original spelling. Two spellings identify the same customer if their
/// normalised forms are equal. The normalised form ignores case, Unicode form and the spelling of
/// the domain: `münchen.example` equals `xn--mnchen-3ya.example`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "email"))]
pub struct Email(String);

/// Error for a text that is not a valid e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    #[error("must be an e-mail address, such as \"ana@example.com\"")]
    Malformed,
    #[error("must not have invisible characters before the @, such as a zero-width space")]
    Invisible,
    /// UTS 46 does not allow the domain.
    #[error("must have a valid domain: check non-ASCII letters, and labels that begin with xn--")]
    InvalidDomain,
}

impl Email {
    /// Parses an address from a request of a shop or an operator.
    ///
    /// UTS 46 ignores invisible characters, such as a zero-width space. They are removed from both
    /// ends and from the domain, because mail is sent to the domain without them. Before the @,
    /// invisible characters are rejected, because they would name another mailbox (RFC 6531). RFC
    /// 8264, section 9.13, rejects the same characters in identifiers.
    ///
    /// # Errors
    /// Returns an error if [`Email::parse`] returns an error, if UTS 46 does not allow the domain,
    /// or if the part before the @ has invisible characters.
    pub fn parse_stated(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_ignored(c));
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail::Malformed)?;
        let domain: String = domain.chars().filter(|c| !is_ignored(*c)).collect();
        if local.contains(|c: char| is_ignored(c) || matches!(c, '\u{200c}' | '\u{200d}')) {
            return Err(InvalidEmail::Invisible);
        }
        let email = Self::parse(&format!("{local}@{domain}"))?;
        idna::domain_to_ascii(&domain).map(|_| email).map_err(|_| InvalidEmail::InvalidDomain)
    }

    /// Parses a stored address. Accepts some addresses that [`Email::parse_stated`] rejects,
    /// because earlier versions stored them.
    ///
    /// # Errors
    /// Returns an error if RFC 5321 does not permit the text as an address, or if the text has a
    /// display name.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let email = Self(text.trim().to_owned());
        let plain = |text: &str| !text.contains(['<', '>', '"', ',']) && !text.chars().any(char::is_control);
        // Checks the deliverable form, because the original domain may contain decomposed or
        // full-width characters.
        let exchanged = email.deliverable();
        let is_short = email.0.chars().count() <= MAX_EMAIL_LENGTH;
        match EmailAddress::from_str(&exchanged) {
            Ok(_) if is_short && plain(&email.0) && plain(&exchanged) => Ok(email),
            _ => Err(InvalidEmail::Malformed),
        }
    }

    /// Returns the address in its original spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the normalised form: lower case, composed (NFC), with the domain in ASCII (UTS 46).
    /// All spellings of an address have the same normalised form.
    pub fn normalised(&self) -> String {
        self.deliverable().to_lowercase().nfc().collect()
    }

    /// Returns the form for sending mail. The domain is in ASCII (UTS 46), because mail systems
    /// require ASCII domains. The local part is composed (NFC). A domain that UTS 46 cannot map
    /// stays unchanged.
    pub fn deliverable(&self) -> String {
        let composed: String = self.0.nfc().collect();
        match composed.rsplit_once('@') {
            Some((local, domain)) => {
                format!("{local}@{}", idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()))
            }
            None => composed,
        }
    }

    /// Returns the normalised form that earlier versions used, with the domain in Unicode. `None`
    /// if it equals the current normalised form.
    fn legacy_form(&self) -> Option<String> {
        let normalised = self.normalised();
        let (local, domain) = normalised.rsplit_once('@')?;
        let (domain, known) = idna::domain_to_unicode(domain);
        let legacy_form = format!("{local}@{domain}");
        (known.is_ok() && legacy_form != normalised).then_some(legacy_form)
    }

    /// Returns the forms under which data about this address may be stored. The first is the
    /// normalised form. The second is the normalised form that earlier versions of couponflow used, if it differs.
    pub fn stored_forms(&self) -> Vec<String> {
        std::iter::once(self.normalised()).chain(self.legacy_form()).collect()
    }
}

/// Whether UTS 46 ignores the character, so that domains with and without the character are equal.
fn is_ignored(c: char) -> bool {
    !c.is_ascii() && idna::domain_to_ascii(&format!("a{c}b")).is_ok_and(|domain| domain == "ab")
}

/// Returns the form in which filters compare addresses and parts of addresses: case-folded, with
/// the domain in Unicode. For filters, `münchen.example` and `xn--mnchen-3ya.example` are therefore
/// equal. A domain that UTS 46 cannot map stays unchanged.
pub(crate) fn comparable(text: &str) -> String {
    let folded = fold(text);
    let (local, domain) = folded.rsplit_once('@').map_or(("", folded.as_str()), |(local, domain)| (local, domain));
    let (known, fault) = idna::domain_to_unicode(domain);
    match fault {
        Ok(()) if folded.contains('@') => format!("{local}@{known}"),
        Ok(()) => known,
        Err(_) => folded,
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;
    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

/// Customer who uses a code, identified by e-mail address, by the shop's id, or by both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Customer {
    /// E-mail address of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The shop's id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PersonalText>,
    /// First name of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<PersonalText>,
    /// Last name of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<PersonalText>,
    /// Whether a request with a `server` or `admin` key named the customer. False if a request with a `storefront` key,
    /// which anyone can use, named the customer. If the member is absent, because an earlier version of couponflow
    /// stored the data, the customer counts as verified.
    #[serde(default = "verified")]
    pub verified: bool,
}

fn verified() -> bool {
    true
}

impl Customer {
    /// Returns the storage keys under which a limit per customer counts redemptions. A redemption
    /// counts under every key. An address has two keys if earlier versions had another normalised
    /// form for the address.
    pub fn identity_keys(&self) -> Vec<String> {
        let emails = self.email.iter().flat_map(Email::stored_forms);
        let emails = emails.map(|email| key80(&["email", &email]));
        let id = self.id.as_ref().map(|id| key80(&["id", id]));
        emails.chain(id).collect()
    }

    /// Returns the customer as a claim: named by a request with a `storefront` key, which anyone can use.
    #[must_use]
    pub fn unverified(self) -> Self {
        Self { verified: false, ..self }
    }

    /// Returns the customer for texts that people read, such as e-mails. The names are not links and have at most 40
    /// characters, because anyone can state any name in a shop.
    #[must_use]
    pub fn for_messages(self) -> Self {
        let shown = |name: Option<PersonalText>| name.map(|name| PersonalText::from(shortened(unlinked(&name))));
        let id = match self.verified {
            true => self.id,
            false => self.id.map(|id| unlinked(&id).into()),
        };
        Self { id, first_name: shown(self.first_name), last_name: shown(self.last_name), ..self }
    }

    /// Returns the request schema of the shop's id of a customer.
    pub fn id_schema(description: &str) -> Value {
        json_schema::text(ID_LENGTH, description)
    }

    /// Parses the shop's id of a customer from a query parameter.
    ///
    /// # Errors
    /// Returns what is wrong with the text.
    pub fn parse_id(text: &str) -> Result<PersonalText, String> {
        parse_text(text, ID_LENGTH).map(PersonalText::from)
    }

    /// Reads and validates a customer. An e-mail address or an id is required.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "id", "first_name", "last_name"], errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(Email::parse_stated, errors));
        let mut text = |name, length| field.get(name).optional(errors, |field, errors| field.name(length, errors));
        let id = text("id", ID_LENGTH);
        let (first_name, last_name) = (text("first_name", NAME_LENGTH), text("last_name", NAME_LENGTH));
        let customer = Self {
            email: email?,
            id: id?.map(PersonalText::from),
            first_name: first_name?.map(PersonalText::from),
            last_name: last_name?.map(PersonalText::from),
            verified: true,
        };
        if customer.email.is_none() && customer.id.is_none() {
            return field.reject("requires email or id", errors);
        }
        Some(customer)
    }
}

fn shortened(name: String) -> String {
    match name.char_indices().nth(MAX_NAME_IN_MESSAGE) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

#[cfg(test)]
mod tests;
