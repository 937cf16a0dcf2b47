//! Unsubscribe link (RFC 8058), which works without an API key.

use super::Contact;
use super::unsubscribe_token::UnsubscribeToken;
use crate::tenants::tenant::TenantId;

/// Path segment of an unsubscribe link: `<tenant>.<contact key>.<token>`. Its characters need no
/// escaping in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsubscribeLink {
    pub tenant: TenantId,
    /// Key of the contact ([`ContactId::key`](crate::kernel::ids::ContactId::key)).
    pub contact_key: String,
    /// Secret that proves that the link was sent to the contact.
    pub token: UnsubscribeToken,
}

impl UnsubscribeLink {
    /// Parses the path segment. Returns `None` if the text does not have this form.
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

/// Returns the unsubscribe URL of a contact. `base` is the base URL of the API, with or without a
/// trailing slash.
pub fn unsubscribe_url(base: &str, tenant: &TenantId, contact: &Contact) -> String {
    let (base, key, token) = (base.trim_end_matches('/'), contact.id.key(), &contact.unsubscribe_token.0);
    format!("{base}/v1/unsubscribe/{tenant}.{key}.{token}")
}
