//! Reads the body of a request, up to a size limit.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use couponflow_domain::kernel::input::Errors;
use serde_json::Value;

use super::{Request, strict_json};
use crate::problem::Problem;

/// Default limit for the body, in bytes. The limit is so small that an event with the contents of
/// the body fits on the event bus.
const MAX_BODY: usize = 64 * 1024;

impl Request {
    /// Parses the body as JSON.
    ///
    /// # Errors
    /// Returns an error if the `Content-Type` is not JSON, or if the body is too large, missing or not JSON, repeats a
    /// member of an object, or contains a number that would be rounded.
    pub fn json(&self) -> Result<Value, Problem> {
        self.json_of(MAX_BODY)
    }

    fn json_of(&self, longest: usize) -> Result<Value, Problem> {
        if !self.may_be_json() {
            return Err(Problem::unsupported_media_type("application/json"));
        }
        let body = self.bytes(longest)?;
        let document = serde_json::from_slice(&body).map_err(|error| Problem::not_json(&error))?;
        match strict_json::faults(&String::from_utf8_lossy(&body)) {
            faults if faults.is_empty() => Ok(document),
            faults => Err(Problem::invalid(faults)),
        }
    }

    /// Whether the `Content-Type` is JSON, or a format that is based on JSON, or missing.
    pub fn may_be_json(&self) -> bool {
        let Some(header) = self.gateway.headers.get("content-type") else { return true };
        let media_type = header.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let subtype = media_type.strip_prefix("application/");
        subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    /// Returns the bytes of the body. Returns no bytes if the gateway marks the body as base64 but
    /// the body is not valid base64.
    ///
    /// # Errors
    /// Returns an error if the body has more than `longest` bytes.
    pub fn bytes(&self, longest: usize) -> Result<Cow<'_, [u8]>, Problem> {
        let body = self.raw();
        if body.len() > longest { Err(Problem::too_large(longest)) } else { Ok(body) }
    }

    pub(super) fn raw(&self) -> Cow<'_, [u8]> {
        let body = self.gateway.body.as_deref().unwrap_or_default();
        match self.gateway.is_base64_encoded {
            true => Cow::Owned(STANDARD.decode(body).unwrap_or_default()),
            false => Cow::Borrowed(body.as_bytes()),
        }
    }

    /// Whether the request has no body.
    pub fn is_empty(&self) -> bool {
        self.gateway.body.as_deref().unwrap_or_default().is_empty()
    }

    /// Parses the body with `read`.
    ///
    /// # Errors
    /// Returns the errors of [`Self::json`], or all faults that `read` finds.
    pub fn body<T>(&self, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        self.body_of(MAX_BODY, read)
    }

    /// Parses the body like [`Self::body`], but with another limit in bytes. For requests whose
    /// contents do not become part of events.
    ///
    /// # Errors
    /// Returns the errors of [`Self::json`], or all faults that `read` finds.
    pub fn body_of<T>(&self, longest: usize, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        read(&self.json_of(longest)?).map_err(Problem::invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    #[test]
    fn body_is_decoded_from_text_and_base64_and_has_a_limit() {
        let body = |body: &str, is_base64_encoded| {
            let mut gateway = ApiGatewayV2httpRequest::default();
            (gateway.body, gateway.is_base64_encoded) = (Some(body.to_owned()), is_base64_encoded);
            Request::new(gateway)
        };
        for request in [body("VIP1\n", false), body("VklQMQo=", true)] {
            assert_eq!(request.bytes(5).unwrap().as_ref(), b"VIP1\n");
            assert_eq!(request.bytes(4), Err(Problem::too_large(4)));
        }
    }

    fn sent(content_type: Option<&'static str>, body: &str) -> Result<Value, u16> {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.body = Some(body.to_owned());
        if let Some(content_type) = content_type {
            gateway.headers.insert("content-type", content_type.parse().unwrap());
        }
        Request::new(gateway).json().map_err(|problem| problem.answer().status)
    }

    #[test]
    fn body_of_another_content_type_is_rejected() {
        for json in [
            None,
            Some("application/json"),
            Some("Application/JSON; charset=utf-8"),
            Some("application/merge-patch+json"),
        ] {
            assert_eq!(sent(json, "{}"), Ok(serde_json::json!({})), "{json:?}");
        }
        for other in ["application/x-www-form-urlencoded", "text/plain", "text/json+json", "application/jsonp", ""] {
            assert_eq!(sent(Some(other), "{}"), Err(415), "{other}");
        }
    }

    #[test]
    fn body_with_a_repeated_member_or_a_rounded_number_is_rejected() {
        assert_eq!(sent(None, r#"{"percent_off": 5, "percent_off": 100}"#), Err(422));
        assert_eq!(sent(None, r#"{"percent_off": 1e-400}"#), Err(422));
        assert_eq!(sent(None, r#"{"percent_off": "#), Err(400));
    }
}
