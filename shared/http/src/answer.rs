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
    /// The body.
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
        let next_cursor = next_cursor.map(|cursor| URL_SAFE_NO_PAD.encode(cursor));
        Self::json(200, json!({"data": data, "next_cursor": next_cursor}))
    }
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
        let body = (!answer.body.is_null()).then(|| answer.body.to_string());
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
