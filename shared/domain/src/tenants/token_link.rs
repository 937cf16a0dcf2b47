//! Links in e-mails that work without an API key.

use crate::tenants::tenant::TenantId;

/// Pattern of the last path segment of a link.
pub const TOKEN_LINK: &str = r"^[a-z][a-z0-9-]{0,39}\.[0-9A-Z]{16}\.[0-9A-Z]{16}$";

/// Parses the last path segment of a link: `<tenant>.<key>.<token>`. The key and the token are 80 bits each, as 16
/// characters. Returns `None` if the text does not have this form.
pub(crate) fn parse_token_link(text: &str) -> Option<(TenantId, String, String)> {
    let mut parts = text.split('.');
    let (tenant, key, token) = (parts.next()?, parts.next()?, parts.next()?);
    let is_key = |key: &str| key.len() == 16 && key.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    if parts.next().is_some() || !is_key(key) || !is_key(token) {
        return None;
    }
    Some((TenantId::parse(tenant).ok()?, key.to_owned(), token.to_owned()))
}
