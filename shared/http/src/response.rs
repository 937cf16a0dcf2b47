//! Responses: answers and problems in the form in which they are recorded and sent to the gateway.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderName, HeaderValue};
use couponflow_domain::kernel::personal::PersonalText;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Answer;
use crate::problem::Problem;

/// Answer in its final form, with the body as text. If the request has an idempotency key, the
/// response is recorded, and a repeated request gets the same bytes. Exception: a response
/// after which a retry should run again is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub status: u16,
    /// All headers, each as lower-case name and value.
    pub headers: Vec<(String, String)>,
    pub body: Option<PersonalText>,
    /// Whether `body` is the base64 form of binary data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_base64: bool,
    /// Storage key of the contact whose data the body contains. Not part of the recorded response.
    #[serde(skip)]
    pub contact_key: Option<String>,
}

/// Headers of every response: browsers must not guess another media type, and use only HTTPS for a year.
const SECURITY_HEADERS: [(&str, &str); 2] =
    [("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000")];

impl Response {
    /// Whether a repeated request may soon get another answer. True if the status is 500 or higher,
    /// or if the answer has a `retry-after` header.
    pub fn invites_retry(&self) -> bool {
        self.status >= 500 || self.headers.iter().any(|(name, _)| name == "retry-after")
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let is_cacheable = answer.headers.iter().any(|(name, _)| *name == "cache-control");
        let no_store = (!is_cacheable).then(|| ("cache-control", "no-store".to_owned()));
        let own = [("content-type", answer.content_type.to_owned())].into_iter().chain(no_store);
        let headers = own.chain(answer.headers).map(|(name, value)| (name.to_owned(), value));
        let body = match answer.body {
            Value::Null => None,
            Value::String(text) => Some(text.into()),
            json => Some(json.to_string().into()),
        };
        Self {
            status: answer.status,
            headers: headers.collect(),
            body,
            is_base64: answer.is_base64,
            contact_key: answer.contact_key,
        }
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
    for (name, value) in SECURITY_HEADERS {
        response.headers.insert(name, HeaderValue::from_static(value));
    }
    response.is_base64_encoded = answered.is_base64;
    response.body = answered.body.map(|body| Body::Text(body.into_string()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_response_has_the_security_headers() {
        let results = [Ok(Answer::no_content()), Err(Problem::unauthenticated())];
        for response in results.map(to_gateway) {
            assert_eq!(response.headers["x-content-type-options"], "nosniff");
            assert_eq!(response.headers["strict-transport-security"], "max-age=31536000");
            assert_eq!(response.headers["cache-control"], "no-store");
        }
    }

    #[test]
    fn csv_is_sent_verbatim_with_a_link_to_the_next_page() {
        let gateway = to_gateway(Ok(Answer::csv("code\r\nABC\r\n".to_owned(), Some("cursor=QUJD&limit=1".to_owned()))));
        assert_eq!(gateway.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(gateway.headers["link"], "<?cursor=QUJD&limit=1>; rel=\"next\"");
        assert_eq!(gateway.body, Some(Body::Text("code\r\nABC\r\n".to_owned())));
        assert!(!to_gateway(Ok(Answer::csv(String::new(), None))).headers.contains_key("link"));
    }
}
