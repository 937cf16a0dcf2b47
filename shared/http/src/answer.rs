//! Answers of the endpoints, with a body of JSON, CSV or HTML.

use std::fmt;

use couponflow_domain::kernel::cursor::Cursor;
use serde_json::{Value, json};

use crate::cursor::encode_cursor;

/// Answer to a request. `Debug` does not show the body.
#[derive(Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// Headers other than `content-type`. Without a `cache-control` header, nothing may store the answer.
    pub headers: Vec<(&'static str, String)>,
    /// Body. A string is sent as it is, and any other value as JSON. Null means no body.
    pub body: Value,
    /// Whether the body is a string that is the base64 form of binary data.
    pub is_base64: bool,
    /// Member of the body that holds a secret. The recorded answer of an idempotent request has null instead.
    pub secret: Option<&'static str>,
    /// Storage key of the contact whose data the body contains. A recorded answer is removed when the contact is erased.
    pub contact_key: Option<String>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, content_type, headers, body: _, is_base64: _, secret: _, contact_key: _ } = self;
        let mut answer = f.debug_struct("Answer");
        answer.field("status", status).field("content_type", content_type).field("headers", headers);
        answer.finish_non_exhaustive()
    }
}

impl Answer {
    /// Creates a JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body,
            is_base64: false,
            secret: None,
            contact_key: None,
        }
    }

    /// Returns the answer without its secret. `None` if the answer contains no secret.
    pub fn redacted(&self) -> Option<Self> {
        let mut redacted = self.clone();
        redacted.body[self.secret?] = Value::Null;
        Some(redacted)
    }

    /// Creates a 204 answer without a body.
    pub fn no_content() -> Self {
        Self::json(204, Value::Null)
    }

    /// Creates a page of a list. Encodes the cursor as base64url.
    /// [`Request::page`](crate::Request::page) decodes the cursor of the next request.
    pub fn page(data: Vec<Value>, next_cursor: Option<Cursor>) -> Self {
        let next_cursor = next_cursor.as_ref().map(encode_cursor);
        Self::json(200, json!({"data": data, "next_cursor": next_cursor}))
    }

    /// Creates a CSV answer. `next` is the query of the next page. If `next` is set, adds a `Link`
    /// header (RFC 8288) that refers to the next page. The header contains only the query, so that
    /// it is valid under any base path.
    pub fn csv(text: String, next: Option<String>) -> Self {
        let link = next.map(|query| ("link", format!("<?{query}>; rel=\"next\"")));
        Self {
            content_type: "text/csv; charset=utf-8",
            headers: link.into_iter().collect(),
            ..Self::json(200, text.into())
        }
    }

    /// Creates an HTML page that loads no resources, runs no scripts, cannot be framed and sends no
    /// referrer.
    pub fn html(text: String) -> Self {
        let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        let headers =
            [("content-security-policy", policy), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")];
        Self {
            content_type: "text/html; charset=utf-8",
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            ..Self::json(200, text.into())
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
