//! Responses of the console.

/// Policy of every page: scripts, styles and requests of the same origin only, and no inline script or style. Images of
/// the form `data:` are the icons of Pico.css.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Body of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageBody {
    Text(String),
    /// Base64 form of binary data.
    Base64(String),
}

/// Response to a request for a page or an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageResponse {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: PageBody,
}

impl PageResponse {
    /// Creates a page. The page is not stored by the browser.
    pub fn html(status: u16, html: String) -> Self {
        let headers = [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
            ("cross-origin-opener-policy", "same-origin"),
        ];
        let headers = headers.map(|(name, value)| (name, value.to_owned())).into();
        Self { status, headers, body: PageBody::Text(html) }
    }

    /// Creates a redirection to another page, which the browser reads with GET. `location` is relative to the address
    /// of the request, so that the console works under every base path.
    pub fn see_other(location: String) -> Self {
        let headers = vec![("location", location), ("cache-control", "no-store".to_owned())];
        Self { status: 303, headers, body: PageBody::Text(String::new()) }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
