//! Answers and their conversion to gateway responses.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;

/// Answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// Headers other than `content-type` and `cache-control`.
    pub headers: Vec<(&'static str, String)>,
    /// Body: JSON, or a string value for a body that is sent as plain text.
    pub body: Value,
}

impl Answer {
    /// Creates a JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// Creates a 204 answer without a body.
    pub fn no_content() -> Self {
        Self::json(204, Value::Null)
    }

    /// Creates a page of a list. Encodes the cursor as base64url; [`Request::page`](crate::Request::page) decodes it.
    pub fn page(data: Vec<Value>, next_cursor: Option<String>) -> Self {
        let next_cursor = next_cursor.map(encode_cursor);
        Self::json(200, json!({"data": data, "next_cursor": next_cursor}))
    }

    /// Creates a CSV answer. If there is a next page, adds a `Link` header (RFC 8288) to it: a relative reference that
    /// consists of the query `next`, so it is valid under any base path.
    pub fn csv(text: String, next: Option<String>) -> Self {
        let link = next.map(|query| ("link", format!("<?{query}>; rel=\"next\"")));
        Self {
            content_type: "text/csv; charset=utf-8",
            headers: link.into_iter().collect(),
            ..Self::json(200, text.into())
        }
    }

    /// Creates an HTML page that loads no resources, runs no scripts, can't be framed and sends no referrer.
    pub fn html(text: String) -> Self {
        let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        let headers = [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
        ];
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

/// Encodes a cursor as base64url, which needs no escaping in a query.
pub fn encode_cursor(inside: String) -> String {
    URL_SAFE_NO_PAD.encode(inside)
}

/// Answer in its final form, with the body as text. Recorded for an idempotency key and repeated byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub status: u16,
    /// All headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Response {
    /// Whether a repeated request may soon get another answer: the request failed, or the answer has a `retry-after`
    /// header.
    pub fn invites_retry(&self) -> bool {
        self.status >= 500 || self.headers.iter().any(|(name, _)| name == "retry-after")
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let own = [("content-type", answer.content_type.to_owned()), ("cache-control", "no-store".to_owned())];
        let headers = own.into_iter().chain(answer.headers).map(|(name, value)| (name.to_owned(), value));
        let body = match answer.body {
            Value::Null => None,
            Value::String(text) => Some(text),
            json => Some(json.to_string()),
        };
        Self { status: answer.status, headers: headers.collect(), body }
    }
}

impl From<Result<Answer, Problem>> for Response {
    fn from(result: Result<Answer, Problem>) -> Self {
        result.unwrap_or_else(|problem| problem.answer()).into()
    }
}

/// Converts an answer or a problem to the gateway's response.
pub fn to_gateway(result: Result<impl Into<Response>, Problem>) -> ApiGatewayV2httpResponse {
    let answered = result.map_or_else(|problem| problem.answer().into(), Into::into);
    let header = |(name, value): &(String, String)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?));
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answered.status);
    response.headers = answered.headers.iter().filter_map(header).collect::<HeaderMap>();
    response.body = answered.body.map(Body::Text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_sent_verbatim_with_a_link_to_the_next_page() {
        let gateway = to_gateway(Ok(Answer::csv("code\r\nABC\r\n".to_owned(), Some("cursor=QUJD&limit=1".to_owned()))));
        assert_eq!(gateway.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(gateway.headers["link"], "<?cursor=QUJD&limit=1>; rel=\"next\"");
        assert_eq!(gateway.body, Some(Body::Text("code\r\nABC\r\n".to_owned())));
        assert!(!to_gateway(Ok(Answer::csv(String::new(), None))).headers.contains_key("link"));
    }
}
