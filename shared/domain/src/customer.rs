//! The customer as a storefront names them.

use std::fmt;
use std::str::FromStr as _;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::digest::key80;
use crate::input::{Errors, Field};
use crate::text::fold;

/// The longest address, in characters as they are given.
const LONGEST_EMAIL: usize = 320;

/// An e-mail address that keeps its spelling. It compares by its normal form: one mailbox has one, however its case, its
/// Unicode normal form and its domain (`münchen.example`, `xn--mnchen-3ya.example`) are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "email"))]
pub struct Email(String);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address, such as \"ana@example.com\"")]
pub struct InvalidEmail;

impl Email {
    /// # Errors
    /// Where RFC 5321 does not allow it as an address without a display name.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let email = Self(text.trim().to_owned());
        let plain = |text: &str| !text.contains(['<', '>', '"', ',']) && !text.chars().any(char::is_control);
        // Checked as mail programs exchange it: a domain beyond ASCII may be decomposed, or written full width.
        let exchanged = email.deliverable();
        let is_short = email.0.chars().count() <= LONGEST_EMAIL;
        match EmailAddress::from_str(&exchanged) {
            Ok(_) if is_short && plain(&email.0) && plain(&exchanged) => Ok(email),
            _ => Err(InvalidEmail),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that all spellings of one address share: lower case, composed (NFC), with the domain in ASCII by UTS 46.
    pub fn normalised(&self) -> String {
        self.deliverable().to_lowercase().nfc().collect()
    }

    /// The form that mail is sent to: the domain in ASCII by UTS 46, since mail systems know it by no other name; what
    /// stands before it composed (NFC). A domain that UTS 46 does not know stays as it is.
    pub fn deliverable(&self) -> String {
        let composed: String = self.0.nfc().collect();
        match composed.rsplit_once('@') {
            Some((local, domain)) => {
                format!("{local}@{}", idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()))
            }
            None => composed,
        }
    }

    /// The normal form of versions before the domain was written in ASCII, where it is another one.
    fn former(&self) -> Option<String> {
        let normalised = self.normalised();
        let (local, domain) = normalised.rsplit_once('@')?;
        let (domain, known) = idna::domain_to_unicode(domain);
        let former = format!("{local}@{domain}");
        (known.is_ok() && former != normalised).then_some(former)
    }

    /// The forms that something about this address may be stored under: the normal form, then that of earlier versions,
    /// where it is another one.
    pub fn stored_forms(&self) -> Vec<String> {
        std::iter::once(self.normalised()).chain(self.former()).collect()
    }
}

/// A text about addresses as filters compare it: folded, with the domain in Unicode. `münchen.example` and
/// `xn--mnchen-3ya.example` compare alike, whole or in part. A domain that UTS 46 does not know stays as it is.
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

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

/// Who a code is applied for: known by e-mail, by the shop's id, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Customer {
    /// Their address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The shop's id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

impl Customer {
    /// Storage keys of the identities that a limit per customer counts by; a redemption counts against each. An address
    /// whose normal form was another one in earlier versions has both.
    pub fn identity_keys(&self) -> Vec<String> {
        let emails = self.email.iter().flat_map(Email::stored_forms);
        let emails = emails.map(|email| key80(&["email", &email]));
        let id = self.id.as_ref().map(|id| key80(&["id", id]));
        emails.chain(id).collect()
    }

    /// Reads and checks a customer, who needs an e-mail address or an id.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "id", "first_name", "last_name"], errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(Email::parse, errors));
        let mut text = |name| field.get(name).optional(errors, |field, errors| field.text(1..=100, errors));
        let (id, first_name, last_name) = (text("id"), text("first_name"), text("last_name"));
        let customer = Self {
            email: email?,
            id: id?.map(str::to_owned),
            first_name: first_name?.map(str::to_owned),
            last_name: last_name?.map(str::to_owned),
        };
        if customer.email.is_none() && customer.id.is_none() {
            return field.refuse("needs an email or an id", errors);
        }
        Some(customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_would_add_a_recipient_or_a_header_are_refused() {
        for bad in
            ["", "ana", "ana@", "Ana <ana@example.com>", "a@example.com,b@example.com", "a@example.com\nBcc: b@c.de"]
        {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad:?}");
        }
    }

    fn keys(email: &str) -> Vec<String> {
        let email = Some(Email::parse(email).unwrap());
        Customer { email, id: None, first_name: None, last_name: None }.identity_keys()
    }

    #[test]
    fn one_address_in_several_spellings_is_one_customer() {
        assert_eq!(keys("Ana@Example.com"), keys("ana@example.com"));
        let spellings = [
            "ana@m\u{fc}nchen.example",
            "ana@mu\u{308}nchen.example",
            "Ana@M\u{dc}NCHEN.Example",
            "ana@xn--mnchen-3ya.example",
            "ana@XN--MNCHEN-3YA.example",
        ];
        for spelling in spellings {
            assert_eq!(keys(spelling), keys("ana@xn--mnchen-3ya.example"), "{spelling}");
            assert_eq!(Email::parse(spelling).unwrap().as_str(), spelling, "displayed as given");
            let deliverable = Email::parse(spelling).unwrap().deliverable();
            assert!(deliverable.is_ascii() && deliverable.ends_with("@xn--mnchen-3ya.example"), "{deliverable}");
        }
        assert_eq!(keys("jos\u{e9}@example.com"), keys("jose\u{301}@Example.com"));
        assert_ne!(keys("ana@munchen.example"), keys("ana@m\u{fc}nchen.example"));
    }

    #[test]
    fn keys_of_what_earlier_versions_stored_stay() {
        assert_eq!(keys("Ana@Example.com"), ["YP1E08MCT3RYC3B4"], "an ASCII address has one key, the same as ever");
        let by_unicode = key80(&["email", "ana@m\u{fc}nchen.example"]);
        assert_eq!(keys("ana@xn--mnchen-3ya.example")[1..], [by_unicode], "what was counted before is still counted");
    }

    #[test]
    fn an_address_is_as_valid_as_its_domain() {
        for good in
            ["ana@stra\u{df}e.example", "ana@\u{65e5}\u{672c}.example", "ana+x@example.co.uk", "ana@my_host.example"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        let long = format!("ana@{}.example", "a".repeat(64));
        for bad in
            ["ana@exa mple.com", "ana@-.example", "ana@example\u{ff1e}.com", "ana@a\u{ff0c}b.example", long.as_str()]
        {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad}");
        }
    }
}
