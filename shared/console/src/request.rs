//! Requests for pages.

use chrono::{DateTime, Utc};

/// Request for a page of the console.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Method in upper case.
    pub method: String,
    /// Path after `/console/`, split at its slashes.
    pub path: Vec<String>,
    /// Decoded query parameters.
    pub query: Vec<(String, String)>,
    /// Fields of the form in the body.
    pub form: Vec<(String, String)>,
    /// Instant of the request.
    pub now: DateTime<Utc>,
    /// Random text. A form that creates something contains it as the idempotency key, so that a form that is sent twice
    /// creates one thing.
    pub nonce: String,
}

/// The person who signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Token that every form must contain.
    pub form_token: String,
    /// Id of the tenant.
    pub tenant: String,
}

impl PageRequest {
    /// Returns the first value of a query parameter, or an empty text.
    pub fn query(&self, name: &str) -> &str {
        first(&self.query, name)
    }

    /// Returns the first value of a form field, or an empty text.
    pub fn field(&self, name: &str) -> &str {
        first(&self.form, name)
    }

    /// Returns the relative address of `/console/`, such as `../` for a page with two path segments. All links are
    /// relative, so that the console works under every base path.
    pub fn root(&self) -> String {
        "../".repeat(self.path.len().saturating_sub(1))
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}
