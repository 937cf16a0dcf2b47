//! Reads the body of a request, up to a size limit.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use couponflow_domain::kernel::input::Errors;
use serde_json::Value;

use super::Request;
use crate::problem::Problem;

/// Default limit for the body, in bytes. The limit is so small that an event with the contents of
/// the body fits on the event bus.
const MAX_BODY: usize = 64 * 1024;

impl Request {
    /// Parses the body as JSON.
    ///
    /// # Errors
    /// Returns an error if the body is too large, missing or not JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        self.json_of(MAX_BODY)
    }

    fn json_of(&self, longest: usize) -> Result<Value, Problem> {
        serde_json::from_slice(&self.bytes(longest)?).map_err(|error| Problem::not_json(&error))
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
    /// Returns an error if the body is too large, missing or not JSON, or if `read` finds faults.
    /// The error lists all faults.
    pub fn body<T>(&self, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        self.body_of(MAX_BODY, read)
    }

    /// Parses the body like [`Self::body`], but with another limit in bytes. For requests whose
    /// contents do not become part of events.
    ///
    /// # Errors
    /// Returns an error if the body is too large, missing or not JSON, or if `read` finds faults.
    /// The error lists all faults.
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
}
