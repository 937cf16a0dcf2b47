//! The customer as a storefront names them.

use std::fmt;
use std::str::FromStr as _;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};

use crate::digest::key80;
use crate::input::{Errors, Field};

/// An e-mail address that keeps its spelling and compares by its normal form.
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
        let text = text.trim();
        let plain = !text.contains(['<', '>', '"', ',']) && !text.chars().any(char::is_control);
        match EmailAddress::from_str(text) {
            Ok(_) if plain => Ok(Self(text.to_owned())),
            _ => Err(InvalidEmail),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that two spellings of one address share: lower case.
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
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
    /// Storage keys of the identities that a limit per customer counts by; a redemption counts against each.
    pub fn identity_keys(&self) -> Vec<String> {
        let email = self.email.as_ref().map(|email| key80(&["email", &email.normalised()]));
        let id = self.id.as_ref().map(|id| key80(&["id", id]));
        email.into_iter().chain(id).collect()
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

    #[test]
    fn one_address_in_two_spellings_is_one_customer() {
        let keys = |email: &str| {
            let email = Some(Email::parse(email).unwrap());
            Customer { email, id: None, first_name: None, last_name: None }.identity_keys()
        };
        assert_eq!(keys("Ana@Example.com"), keys("ana@example.com"));
    }
}
