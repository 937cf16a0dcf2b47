//! The body of a request, with a size limit.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use couponflow_domain::kernel::input::Errors;
use serde_json::Value;

use super::Request;
use crate::problem::Problem;

/// Default limit for the body, in bytes: several times the largest real order, and small enough that an event with its
/// contents fits on the bus.
const MAX_BODY: usize = 64 * 1024;

impl Request {
    /// Parses the body as JSON.
    ///
    /// # Errors
    /// If the body is too large, missing or not JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        self.json_of(MAX_BODY)
    }

    fn json_of(&self, longest: usize) -> Result<Value, Problem> {
        serde_json::from_slice(&self.bytes(longest)?).map_err(|error| Problem::not_json(&error))
    }

    /// Returns the bytes of the body; empty if the gateway marks it as base64 but it is not.
    ///
    /// # Errors
    /// If it has more than `longest` bytes.
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
    /// If the body is not JSON, or with all faults that `read` found.
    pub fn body<T>(&self, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        self.body_of(MAX_BODY, read)
    }

    /// Like [`Self::body`], with another limit for the body, in bytes. For requests whose contents don't go into
    /// events.
    ///
    /// # Errors
    /// As for [`Self::body`].
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
