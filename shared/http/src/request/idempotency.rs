//! Reads the idempotency key and computes the fingerprint of a request. Two requests of a tenant
//! with the same key, the same fingerprint and the same scope of the API key count as the same
//! request.

use couponflow_domain::kernel::digest::sha256_hex;
use serde_json::{Value, json};

use super::Request;
use crate::printable::{HEADER_PATTERN, is_printable_ascii};
use crate::problem::Problem;

/// Maximum length of an idempotency key.
const MAX_KEY_LENGTH: usize = 255;

/// Returns the schema of the header `Idempotency-Key`.
pub(crate) fn idempotency_key_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": HEADER_PATTERN})
}

impl Request {
    /// Returns the `Idempotency-Key` of a POST request. Returns `None` for other methods.
    ///
    /// # Errors
    /// Returns an error if the key does not consist of printable ASCII characters, or is empty or too long.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Problem> {
        let header = self.gateway.headers.get("idempotency-key").filter(|_| self.method == "POST");
        let valid = |key: &&str| is_printable_ascii(key, MAX_KEY_LENGTH);
        let refused = || {
            let detail = format!("must be 1 to {MAX_KEY_LENGTH} printable ASCII characters, such as a UUID");
            Problem::invalid_header("Idempotency-Key", &detail)
        };
        header.map(|key| key.to_str().ok().filter(valid).ok_or_else(refused)).transpose()
    }

    /// Returns a digest of the method, the path and the bytes of the body.
    pub fn fingerprint(&self) -> String {
        sha256_hex(format!("{} /{} {}", self.method, self.path.join("/"), sha256_hex(self.raw())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn keyed(method: &str, key: &str) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.request_context.http.method = method.parse().unwrap();
        gateway.headers.insert("idempotency-key", key.parse().unwrap());
        Request::new(gateway)
    }

    #[test]
    fn idempotency_key_must_be_printable_and_applies_to_post_only() {
        let longest = "k".repeat(255);
        for key in ["k", "\"8e03978e 40d5\"", &longest] {
            assert_eq!(keyed("POST", key).idempotency_key(), Ok(Some(key)));
        }
        for bad in ["", "a\tb", &"k".repeat(256)] {
            let answer = keyed("POST", bad).idempotency_key().unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &"Idempotency-Key:".into()));
            assert_eq!(keyed("DELETE", bad).idempotency_key(), Ok(None));
        }
        assert_eq!(Request::new(ApiGatewayV2httpRequest::default()).idempotency_key(), Ok(None));
    }

    #[test]
    fn fingerprint_depends_on_method_path_and_body_bytes() {
        let of = |method: &str, path: &str, body: &str, is_base64_encoded| {
            let mut gateway = ApiGatewayV2httpRequest::default();
            gateway.request_context.http.method = method.parse().unwrap();
            gateway.raw_path = Some(path.to_owned());
            gateway.body = Some(body.to_owned());
            gateway.is_base64_encoded = is_base64_encoded;
            Request::new(gateway).fingerprint()
        };
        let one = of("POST", "/v1/apply", "{}", false);
        assert_eq!(one, of("POST", "/v1/apply", &STANDARD.encode("{}"), true));
        for other in [
            of("POST", "/v1/apply", "{ }", false),
            of("POST", "/v1/redeem", "{}", false),
            of("PUT", "/v1/apply", "{}", false),
        ] {
            assert_ne!(one, other);
        }
    }
}
