//! Customers and their e-mail addresses. UTS 46 is the Unicode standard for internationalised
//! domain names.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr as _;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::digest::key80;
use crate::kernel::input::{Errors, Field};
use crate::kernel::text::fold;

/// Maximum length of an address in characters, before normalisation.
const MAX_EMAIL_LENGTH: usize = 320;

/// Permitted lengths of the shop's id of a customer, in characters.
pub(crate) const ID_LENGTH: RangeInclusive<usize> = 1..=100;

/// Permitted lengths of a first or last name, in characters.
pub(crate) const NAME_LENGTH: RangeInclusive<usize> = 1..=100;

/// An e-mail address in its original spelling. Two spellings identify the same customer if their
/// normalised forms are equal. The normalised form ignores case, Unicode form and the spelling of
/// the domain: `münchen.example` equals `xn--mnchen-3ya.example`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// normalised form. The second is the normalised form of earlier versions, if it differs.
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

/// Customer who uses a code, identified by e-mail address, by the shop's id, or by both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Customer {
    /// E-mail address of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The shop's id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First name of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
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

    /// Reads and validates a customer. An e-mail address or an id is required.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "id", "first_name", "last_name"], errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(Email::parse_stated, errors));
        let mut text = |name, length| field.get(name).optional(errors, |field, errors| field.name(length, errors));
        let id = text("id", ID_LENGTH);
        let (first_name, last_name) = (text("first_name", NAME_LENGTH), text("last_name", NAME_LENGTH));
        let customer = Self {
            email: email?,
            id: id?.map(str::to_owned),
            first_name: first_name?.map(str::to_owned),
            last_name: last_name?.map(str::to_owned),
        };
        if customer.email.is_none() && customer.id.is_none() {
            return field.reject("requires email or id", errors);
        }
        Some(customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_with_second_recipient_or_header_is_rejected() {
        for bad in
            ["", "ana", "ana@", "Ana <ana@example.com>", "a@example.com,b@example.com", "a@example.com\nBcc: b@c.de"]
        {
            assert_eq!(Email::parse(bad), Err(InvalidEmail::Malformed), "{bad:?}");
        }
    }

    fn keys(email: &str) -> Vec<String> {
        let email = Some(Email::parse(email).unwrap());
        Customer { email, id: None, first_name: None, last_name: None }.identity_keys()
    }

    #[test]
    fn spellings_of_one_address_are_one_customer() {
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
            assert_eq!(Email::parse(spelling).unwrap().as_str(), spelling, "displayed in its original spelling");
            let deliverable = Email::parse(spelling).unwrap().deliverable();
            assert!(deliverable.is_ascii() && deliverable.ends_with("@xn--mnchen-3ya.example"), "{deliverable}");
        }
        assert_eq!(keys("jos\u{e9}@example.com"), keys("jose\u{301}@Example.com"));
        assert_ne!(keys("ana@munchen.example"), keys("ana@m\u{fc}nchen.example"));
    }

    #[test]
    fn keys_stored_by_earlier_versions_remain_valid() {
        assert_eq!(keys("Ana@Example.com"), ["YP1E08MCT3RYC3B4"], "an ASCII address keeps its single key");
        let by_unicode = key80(&["email", "ana@m\u{fc}nchen.example"]);
        assert_eq!(keys("ana@xn--mnchen-3ya.example")[1..], [by_unicode], "earlier redemptions still count");
    }

    #[test]
    fn address_with_invalid_domain_is_rejected() {
        for good in
            ["ana@stra\u{df}e.example", "ana@\u{65e5}\u{672c}.example", "ana+x@example.co.uk", "ana@my_host.example"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        let long = format!("ana@{}.example", "a".repeat(64));
        for bad in
            ["ana@exa mple.com", "ana@-.example", "ana@example\u{ff1e}.com", "ana@a\u{ff0c}b.example", long.as_str()]
        {
            assert_eq!(Email::parse(bad), Err(InvalidEmail::Malformed), "{bad}");
        }
    }

    #[test]
    fn invisible_characters_are_removed_from_the_domain_and_rejected_before_it() {
        for stated in ["\u{200b}ana@example.com", "ana@exam\u{200b}ple.com\u{feff}", "ana@ex\u{ad}ample.com\u{2060} "] {
            assert_eq!(Email::parse_stated(stated).unwrap().as_str(), "ana@example.com", "{stated:?}");
        }
        for bad in ["a\u{200b}na@example.com", "ana\u{feff}@example.com", "a\u{200d}na@example.com"] {
            assert_eq!(Email::parse_stated(bad), Err(InvalidEmail::Invisible), "{bad:?}");
        }
        for good in ["Jos\u{e9}+x@M\u{dc}NCHEN.Example", "ana@my_host.example", "ana@xn--mnchen-3ya.example"] {
            assert_eq!(Email::parse_stated(good).unwrap().as_str(), good, "kept as it is written");
        }
        let stored = "ana@exam\u{200b}ple.com";
        assert_eq!(Email::parse(stored).unwrap().as_str(), stored, "an address of an earlier version is still read");
    }

    #[test]
    fn requested_address_with_domain_that_uts_46_does_not_allow_is_rejected() {
        for bad in ["ana@xn--99999.example", "ana@a.xn--0.example"] {
            assert_eq!(Email::parse_stated(bad), Err(InvalidEmail::InvalidDomain), "{bad:?}");
            assert_eq!(Email::parse(bad).unwrap().as_str(), bad, "an address of an earlier version is still read");
        }
        assert!(Email::parse_stated("ana@xn--zzzzz.example").is_ok(), "the Punycode of two Han characters");
        assert_eq!(Email::parse_stated("ana"), Err(InvalidEmail::Malformed));
        assert!(InvalidEmail::InvalidDomain.to_string().contains("xn--"));
    }
}
