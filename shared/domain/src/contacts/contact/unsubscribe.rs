//! Unsubscribe link (RFC 8058), which works without an API key.

use super::Contact;
use super::unsubscribe_token::UnsubscribeToken;
use crate::tenants::tenant::TenantId;
use crate::tenants::token_link::parse_token_link;

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
        let (tenant, contact_key, token) = parse_token_link(text)?;
        Some(Self { tenant, contact_key, token: UnsubscribeToken(token) })
    }
}

/// Returns the unsubscribe URL of a contact. `base` is the base URL of the API, with or without a
/// trailing slash.
pub fn unsubscribe_url(base: &str, tenant: &TenantId, contact: &Contact) -> String {
    let (base, key, token) = (base.trim_end_matches('/'), contact.id.key(), &contact.unsubscribe_token.0);
    format!("{base}/v1/unsubscribe/{tenant}.{key}.{token}")
}
