//! An answer, and how the gateway takes it.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// An answer or a problem, for the gateway.
pub fn to_gateway(result: Result<Answer, Problem>) -> ApiGatewayV2httpResponse {
    let answer = result.unwrap_or_else(|problem| problem.answer());
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(answer.content_type));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.headers = headers;
    if !answer.body.is_null() {
        response.body = Some(Body::Text(answer.body.to_string()));
    }
    response
}
