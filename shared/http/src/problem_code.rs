//! Codes of problems.

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident $status:literal $code:literal;)*) => {
        /// Reason why a request failed, other than a
        /// [`Rejection`](couponflow_domain::purchases::rejection::Rejection).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the stable code in the API, such as `malformed_json`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Returns the HTTP status of the code.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

problem_codes! {
    /// The body is not JSON.
    MalformedJson 400 "malformed_json";
    /// A query parameter is repeated.
    RepeatedParameter 400 "repeated_parameter";
    /// The API key is missing, unknown or revoked.
    InvalidKey 401 "invalid_key";
    /// The scope of the API key is too small.
    InsufficientScope 403 "insufficient_scope";
    /// The tenant is suspended.
    TenantSuspended 403 "tenant_suspended";
    /// The resource does not exist.
    NotFound 404 "not_found";
    /// The resource does not support the method.
    MethodNotAllowed 405 "method_not_allowed";
    /// Another coupon has the code.
    CodeTaken 409 "code_taken";
    /// The contact already exists.
    ContactExists 409 "contact_exists";
    /// The key is the last valid key with scope `admin`.
    LastAdminKey 409 "last_admin_key";
    /// The tenant has the maximum number of valid keys.
    TooManyKeys 409 "too_many_keys";
    /// The change would exceed a quota of the tenant.
    QuotaExceeded 409 "quota_exceeded";
    /// A concurrent request changed the resource.
    Conflict 409 "conflict";
    /// The workflow has never been published.
    NotPublished 409 "not_published";
    /// The execution has ended.
    NotUnderWay 409 "not_under_way";
    /// The execution has not failed.
    NotFailed 409 "not_failed";
    /// The order already has an application of the coupon, and the request does not have its token.
    ApplicationTokenRequired 409 "application_token_required";
    /// The first request with this `Idempotency-Key` is still running.
    IdempotencyInFlight 409 "idempotency_in_flight";
    /// `If-Match` does not contain the current version of the resource.
    PreconditionFailed 412 "precondition_failed";
    /// The body is too large.
    BodyTooLarge 413 "body_too_large";
    /// The `Content-Type` of the body is not supported.
    UnsupportedMediaType 415 "unsupported_media_type";
    /// The body, a parameter or a header is invalid.
    InvalidRequest 422 "invalid_request";
    /// The `Idempotency-Key` was used with a different request.
    IdempotencyKeyReused 422 "idempotency_key_reused";
    /// The request has no `If-Match` header.
    PreconditionRequired 428 "precondition_required";
    /// The caller has used up a rate limit.
    TooManyAttempts 429 "too_many_attempts";
    /// An internal error occurred.
    InternalError 500 "internal_error";
    /// Too many concurrent requests for the same resource, or a service did not answer in time.
    Busy 503 "busy";
}
