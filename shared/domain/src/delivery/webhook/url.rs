//! Checks of the URLs of webhooks.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_public;

const MAX_LENGTH: usize = 2_000;

/// Hosts and schemes that a URL may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlPolicy {
    /// https and public addresses only.
    Public,
    /// http or https, and any address. For tests on a developer's machine.
    Anywhere,
}

/// Reason why a URL is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not a URL, too long, or not `https`.
    #[error("must be an https URL of at most {MAX_LENGTH} characters, such as \"https://example.com/hooks/coupons\"")]
    NotHttps,
    /// Has a user name or password, which would be stored and shown with the URL.
    #[error("must not have a user name or password; put a token into the path, or verify the signature")]
    Credentials,
    /// Names an address that is not public.
    #[error("must name a public host; {0} is not a public address")]
    NotPublic(IpAddr),
}

/// Checks a URL under the policy [`UrlPolicy::Public`], like [`parse_url`].
///
/// # Errors
/// Returns [`BadUrl`] if the URL is too long, is not https, has credentials, or names an address
/// that is not public.
pub fn check_url(text: &str) -> Result<(), BadUrl> {
    parse_url(text, UrlPolicy::Public).map(|_| ())
}

/// Parses and checks a URL. Does not resolve the host name: the addresses of the host are checked
/// at each request.
///
/// # Errors
/// Returns [`BadUrl`] if the URL is invalid, is too long, has credentials, or has a scheme or
/// address that `url_policy` does not permit.
pub fn parse_url(text: &str, url_policy: UrlPolicy) -> Result<Url, BadUrl> {
    let url = Url::parse(text).ok().filter(|_| text.chars().count() <= MAX_LENGTH).ok_or(BadUrl::NotHttps)?;
    let allowed = url.scheme() == "https" || (url_policy == UrlPolicy::Anywhere && url.scheme() == "http");
    if !allowed {
        return Err(BadUrl::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadUrl::Credentials);
    }
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(BadUrl::NotHttps),
    };
    match literal.filter(|address| url_policy == UrlPolicy::Public && !is_public(*address)) {
        Some(inside) => Err(BadUrl::NotPublic(inside)),
        None => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_https_url_is_accepted_with_any_port() {
        for good in [
            "https://example.com/hooks?key=1",
            "https://example.com:8443",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn other_schemes_and_invalid_urls_are_rejected() {
        let long = format!("https://example.com/{}", "a".repeat(MAX_LENGTH));
        for bad in
            ["", "example.com", "http://example.com", "ftp://example.com", "file:///etc/passwd", "https://", &long]
        {
            assert_eq!(check_url(bad), Err(BadUrl::NotHttps), "{bad}");
        }
    }

    #[test]
    fn credentials_are_rejected() {
        for bad in ["https://user@example.com", "https://user:password@example.com", "https://:password@example.com"] {
            assert_eq!(check_url(bad), Err(BadUrl::Credentials), "{bad}");
        }
    }

    #[test]
    fn private_address_is_rejected_in_every_spelling() {
        for bad in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "１２７.0.0.1",
            "0",
        ] {
            let checked = check_url(&format!("https://{bad}/"));
            assert!(matches!(checked, Err(BadUrl::NotPublic(_))), "{bad}: {checked:?}");
        }
    }

    #[test]
    fn policy_anywhere_accepts_http_and_private_addresses_but_no_credentials() {
        assert!(parse_url("http://127.0.0.1:4000/hook", UrlPolicy::Anywhere).is_ok());
        assert_eq!(parse_url("http://a:b@127.0.0.1/", UrlPolicy::Anywhere), Err(BadUrl::Credentials));
    }
}
