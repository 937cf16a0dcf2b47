//! An answer, and how the gateway takes it.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON, or where it is a text alone, that text as it is.
    pub body: Value,
}

impl Answer {
    /// JSON with a status.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// 204: done, with nothing to say.
    pub fn no_content() -> Self {
        Self::json(204, Value::Null)
    }

    /// A page of a list. The cursor goes out as base64url, for [`Request::page`](crate::Request::page) to take back.
    pub fn page(data: Vec<Value>, next_cursor: Option<String>) -> Self {
        let next_cursor = next_cursor.map(outgoing_cursor);
        Self::json(200, json!({"data": data, "next_cursor": next_cursor}))
    }

    /// CSV, and where there is more, a `Link` to the rest (RFC 8288) with the query `next`, which is relative to the
    /// address that was asked for, whatever stands before the path out there.
    pub fn csv(text: String, next: Option<String>) -> Self {
        let link = next.map(|query| ("link", format!("<?{query}>; rel=\"next\"")));
        Self {
            content_type: "text/csv; charset=utf-8",
            headers: link.into_iter().collect(),
            ..Self::json(200, text.into())
        }
    }

    /// A page for a person: it loads nothing, runs nothing, sits in no frame and tells nobody its address.
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

    /// The same with a further header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A cursor as it goes out, in need of no escaping.
pub fn outgoing_cursor(inside: String) -> String {
    URL_SAFE_NO_PAD.encode(inside)
}

/// An answer as it goes out, its body as text: what is repeated byte for byte where the request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Every header, by name.
    pub headers: Vec<(String, String)>,
    /// The body, where there is one.
    pub body: Option<String>,
}

impl Response {
    /// Whether the same request may soon be answered otherwise: it failed, or says when to try again.
    pub fn is_passing(&self) -> bool {
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

/// An answer or a problem, for the gateway.
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
    fn csv_goes_out_as_it_is_with_a_link_to_the_rest() {
        let gateway = to_gateway(Ok(Answer::csv("code\r\nABC\r\n".to_owned(), Some("cursor=QUJD&limit=1".to_owned()))));
        assert_eq!(gateway.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(gateway.headers["link"], "<?cursor=QUJD&limit=1>; rel=\"next\"");
        assert_eq!(gateway.body, Some(Body::Text("code\r\nABC\r\n".to_owned())));
        assert!(!to_gateway(Ok(Answer::csv(String::new(), None))).headers.contains_key("link"));
    }
}
