//! Problem answers: RFC 9457 `application/problem+json` with a stable `code`.

mod body;
mod rejection;

pub use body::ProblemBody;

use chrono::TimeDelta;
use couponflow_app::kernel::error::{ErrorKind, StoreError, chain};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use couponflow_domain::tenants::rate_limit::RateLimit;
use serde_json::json;

use self::body::{MAX_LISTED_ERRORS, ProblemMembers};
use crate::answer::Answer;
use crate::problem_code::ProblemCode;

/// Reason why a request failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
    errors: Errors,
    headers: Vec<(&'static str, String)>,
    /// Members that only some problems have. In a box, so that results with this error stay small.
    members: Box<ProblemMembers>,
}

impl Problem {
    fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::with(code.status(), code.name(), detail)
    }

    fn with(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        let (errors, headers, members) = (Vec::new(), Vec::new(), Box::default());
        Self { status, code, detail: detail.into(), errors, headers, members }
    }

    /// Adds the header `retry-after: 1`, because the same request may succeed after a second.
    fn with_retry(self) -> Self {
        Self { headers: vec![("retry-after", "1".to_owned())], ..self }
    }

    /// 422: the body, a parameter or a header is invalid.
    pub fn invalid(errors: Errors) -> Self {
        Self {
            errors,
            ..Self::new(
                ProblemCode::InvalidRequest,
                "The request is invalid. `errors` lists each fault with a pointer to its place.",
            )
        }
    }

    /// 422: a query parameter is invalid.
    pub fn invalid_parameter(name: &str, detail: &str) -> Self {
        Self::invalid(vec![FieldError { pointer: format!("?{name}"), detail: detail.to_owned() }])
    }

    /// 400: a query parameter is repeated.
    pub fn repeated_parameter(name: &str) -> Self {
        let errors = vec![FieldError { pointer: format!("?{name}"), detail: "must be sent once".to_owned() }];
        Self {
            errors,
            ..Self::new(ProblemCode::RepeatedParameter, "A query parameter is repeated; `errors` names it.")
        }
    }

    /// 422: the cursor is not a cursor of this list.
    pub fn invalid_cursor() -> Self {
        Self::invalid_parameter("cursor", "must be a next_cursor of the same list")
    }

    /// 422: a header is invalid.
    pub fn invalid_header(name: &str, detail: &str) -> Self {
        Self::invalid(vec![FieldError { pointer: format!("{name}:"), detail: detail.to_owned() }])
    }

    /// 400: the body is not JSON.
    pub fn not_json(error: &serde_json::Error) -> Self {
        let errors = vec![FieldError { pointer: String::new(), detail: error.to_string() }];
        Self { errors, ..Self::new(ProblemCode::MalformedJson, "The body must be valid JSON.") }
    }

    /// 413: the body is too large.
    pub fn too_large(longest: usize) -> Self {
        Self::new(ProblemCode::BodyTooLarge, format!("The body is too large. The limit is {longest} bytes."))
    }

    /// 413: the body is too large for a storefront key. A storefront key is public, so attackers can send bodies with
    /// it.
    pub fn too_large_for_storefront(longest: usize) -> Self {
        let detail = format!(
            "The body is too large. The limit for a storefront key is {longest} bytes. Send fewer lines, or send the \
             request from the shop's server with a server key."
        );
        Self::new(ProblemCode::BodyTooLarge, detail)
    }

    /// 415: the endpoint does not read bodies of this media type. `offered` lists the media types that it reads.
    pub fn unsupported_media_type(offered: &str) -> Self {
        let detail = format!("The endpoint does not read bodies of this type. Send `Content-Type: {offered}`.");
        Self::new(ProblemCode::UnsupportedMediaType, detail)
    }

    /// 401: the API key is missing, unknown or revoked.
    pub fn unauthenticated() -> Self {
        Self {
            headers: vec![("www-authenticate", "Bearer".to_owned())],
            ..Self::new(ProblemCode::InvalidKey, "Send a valid key: `Authorization: Bearer <key>`.")
        }
    }

    /// 403: the scope of the key is too small for the operation.
    pub fn forbidden(needed: &str) -> Self {
        Self::new(ProblemCode::InsufficientScope, format!("This request requires a key with the scope `{needed}`."))
    }

    /// 403: the tenant is suspended.
    pub fn tenant_suspended() -> Self {
        let detail = "This account is suspended. Ask the operator of this service to resume it. Until then, no request \
                      is processed.";
        Self::new(ProblemCode::TenantSuspended, detail)
    }

    /// 403: the scope of the key is too small for this member of the body.
    pub fn forbidden_member(pointer: &str, needed: &str) -> Self {
        let detail =
            format!("requires a key with the scope `{needed}`; omit it, or send the request from the shop's server");
        let errors = vec![FieldError { pointer: pointer.to_owned(), detail }];
        Self { errors, ..Self::forbidden(needed) }
    }

    /// 404: the resource does not exist.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("The {what} does not exist."))
    }

    /// 405: the resource does not support the method. `offered` lists the supported methods.
    pub fn method_not_allowed(method: &str, offered: &[&str]) -> Self {
        Self {
            headers: vec![("allow", offered.join(", "))],
            ..Self::new(
                ProblemCode::MethodNotAllowed,
                format!("This resource does not support {method}. The `allow` header lists the supported methods."),
            )
        }
    }

    /// 409: the current state of the resource does not permit the request.
    pub fn conflict(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::new(code, detail)
    }

    /// 409: the contact with this e-mail address already exists. If the request has no address: the
    /// contact with this customer id already exists.
    pub fn contact_exists(id: &ContactId) -> Self {
        let detail = "This contact already exists. Edit the contact with the id in `existing_id` instead.";
        let mut problem = Self::new(ProblemCode::ContactExists, detail);
        problem.members.existing_id = Some(id.clone());
        problem
    }

    /// 409: the last valid admin key cannot be revoked.
    pub fn last_admin_key() -> Self {
        let detail = "This is the last valid key with scope `admin`, so it can't be revoked. Create another one first.";
        Self::new(ProblemCode::LastAdminKey, detail)
    }

    /// 409: the order already has an application of the coupon, and the request does not have its token.
    pub fn application_token_required() -> Self {
        let detail = "A code was already applied to this order. Send the application_token of that answer, or apply the \
                      code from the shop's server with a server key.";
        Self::new(ProblemCode::ApplicationTokenRequired, detail)
    }

    /// 412: `If-Match` does not contain the current version of the resource.
    pub fn stale() -> Self {
        let detail = "The resource has changed since you read it. Read it again and send its new ETag in If-Match.";
        Self::new(ProblemCode::PreconditionFailed, detail)
    }

    /// 428: the request has no `If-Match` header.
    pub fn precondition_required() -> Self {
        let detail = "Send the ETag of the version that you read in If-Match, or * to change any version.";
        Self::new(ProblemCode::PreconditionRequired, detail)
    }

    /// 409: a concurrent write changed the resource. A retry may succeed.
    pub fn changed_meanwhile(what: &str) -> Self {
        let detail = format!("Another request changed the {what} at the same time. Try again.");
        Self::new(ProblemCode::Conflict, detail).with_retry()
    }

    /// 409: the first request with this idempotency key is still running.
    pub fn idempotency_in_flight() -> Self {
        let detail = "The first request with this Idempotency-Key is still running. Send the same request again in a \
                      moment to get the answer of the first request.";
        Self::new(ProblemCode::IdempotencyInFlight, detail).with_retry()
    }

    /// 422: the idempotency key was used with a different request.
    pub fn idempotency_key_reused() -> Self {
        let detail = "This Idempotency-Key was used with a different method, path or body. Use a new key for a \
                      different request.";
        Self::new(ProblemCode::IdempotencyKeyReused, detail)
    }

    /// 429: the caller has used up the rate limit with this name, and `wait` must pass before the next call. The headers
    /// `RateLimit` and `RateLimit-Policy` follow draft-ietf-httpapi-ratelimit-headers-10.
    pub fn too_many_attempts(name: &str, limit: RateLimit, wait: TimeDelta) -> Self {
        let seconds = wait.num_milliseconds().max(1).div_euclid(1000) + 1;
        let window = limit.refill_time(limit.capacity).num_seconds().max(1);
        let detail = format!("Too many attempts. Wait {seconds} s, then send the request again.");
        let headers = vec![
            ("retry-after", seconds.to_string()),
            ("ratelimit", format!("\"{name}\";r=0;t={seconds}")),
            ("ratelimit-policy", format!("\"{name}\";q={};w={window}", limit.capacity)),
        ];
        Self { headers, ..Self::new(ProblemCode::TooManyAttempts, detail) }
    }

    /// Creates the problem for a technical failure and logs the failure. Only the log contains the
    /// cause of the failure.
    pub fn of_failure(error: &StoreError) -> Self {
        tracing::error!(error = %chain(error), "A request failed");
        match error.kind() {
            ErrorKind::Transient => {
                let detail =
                    "Too many concurrent requests, or a service did not answer in time. Send the same request again.";
                Self::new(ProblemCode::Busy, detail).with_retry()
            }
            ErrorKind::Permanent | ErrorKind::Corrupt => {
                Self::new(ProblemCode::InternalError, "An internal error occurred. Send the same request again.")
            }
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Converts the problem to an answer.
    pub fn answer(&self) -> Answer {
        let (listed, rest) = self.errors.split_at(self.errors.len().min(MAX_LISTED_ERRORS));
        let body = ProblemBody {
            kind: format!("urn:couponflow:problem:{}", self.code),
            title: title(self.status),
            status: self.status,
            code: self.code,
            detail: self.detail.clone(),
            errors: listed.to_vec(),
            errors_omitted: rest.len(),
            members: (*self.members).clone(),
        };
        let headers = self.headers.clone();
        Answer {
            status: self.status,
            content_type: "application/problem+json",
            headers,
            body: json!(body),
            is_base64: false,
            secret: None,
            contact_key: None,
        }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use couponflow_domain::purchases::rejection::Rejection;
    use serde_json::Value;
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_status_has_a_title_of_its_own() {
        let of_codes = ProblemCode::ALL.iter().map(|code| code.status());
        let of_rejections = Rejection::VARIANTS.iter().map(|rejection| Problem::from(*rejection).status);
        for status in of_codes.chain(of_rejections).filter(|status| *status != 500) {
            assert_ne!(title(status), title(500), "{status}");
        }
    }

    #[test]
    fn answer_lists_at_most_100_faults_and_counts_the_others() {
        let faults = |count: usize| {
            let fault = |i: usize| FieldError { pointer: format!("/m{i}"), detail: "is unknown".to_owned() };
            Problem::invalid((0..count).map(fault).collect()).answer().body
        };
        let (listed, omitted) = (|body: &Value| body["errors"].as_array().map(Vec::len), "errors_omitted");
        assert_eq!((listed(&faults(100)), faults(100).get(omitted)), (Some(100), None));
        assert_eq!((listed(&faults(150)), faults(150).get(omitted)), (Some(100), Some(&json!(50))));
        assert!(faults(10_000).to_string().len() < 10_000);
    }
}
