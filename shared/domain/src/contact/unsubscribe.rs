//! The link by which a contact unsubscribes without a key (RFC 8058).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Contact;
use crate::digest::{Bits80, sha256_hex};
use crate::ids::ulid_text;
use crate::tenant::TenantId;

/// The secret of a link. Never shown but in the link itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnsubscribeToken(String);

impl UnsubscribeToken {
    /// From random bits.
    pub fn new(bits: Bits80) -> Self {
        Self(ulid_text(0, bits)[10..].to_owned())
    }

    /// The text, for storage.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether they are the same. Compares digests, so that how long it takes says nothing about the texts.
    pub fn matches(&self, other: &Self) -> bool {
        sha256_hex(&self.0) == sha256_hex(&other.0)
    }
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeToken(…)")
    }
}

/// What stands in a link: `<tenant>.<contact key>.<token>`, safe in any URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsubscribeLink {
    /// Whose contact.
    pub tenant: TenantId,
    /// Which contact, by [`ContactId::key`](crate::ids::ContactId::key).
    pub contact_key: String,
    /// What proves that the link was sent to them.
    pub token: UnsubscribeToken,
}

impl UnsubscribeLink {
    /// None where the text is not of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (tenant, contact_key, token) = (parts.next()?, parts.next()?, parts.next()?);
        let is_key = |key: &str| key.len() == 16 && key.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if parts.next().is_some() || !is_key(contact_key) || !is_key(token) {
            return None;
        }
        let tenant = TenantId::parse(tenant).ok()?;
        Some(Self { tenant, contact_key: contact_key.to_owned(), token: UnsubscribeToken(token.to_owned()) })
    }
}

/// The address at which a contact unsubscribes. `base` is that of the API, with or without a slash at its end.
pub fn unsubscribe_url(base: &str, tenant: &TenantId, contact: &Contact) -> String {
    let (base, key, token) = (base.trim_end_matches('/'), contact.id.key(), &contact.unsubscribe_token.0);
    format!("{base}/v1/unsubscribe/{tenant}.{key}.{token}")
}
