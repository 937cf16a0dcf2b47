//! The codes of problems.

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident $status:literal $code:literal;)*) => {
        /// Why a request was not fulfilled, where it is not a [`Rejection`](couponflow_domain::rejection::Rejection).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, as in `"code": "malformed_json"`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status that it comes with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

problem_codes! {
    /// The body is not JSON.
    MalformedJson 400 "malformed_json";
    /// No key, or one that is not known.
    InvalidKey 401 "invalid_key";
    /// The key may not do this.
    InsufficientScope 403 "insufficient_scope";
    /// No such resource.
    NotFound 404 "not_found";
    /// The resource has other methods.
    MethodNotAllowed 405 "method_not_allowed";
    /// Another coupon has the code.
    CodeTaken 409 "code_taken";
    /// There is a contact with the address, or with the shop's id.
    ContactExists 409 "contact_exists";
    /// Somebody else changed it at the same time.
    Conflict 409 "conflict";
    /// The workflow was never published.
    NotPublished 409 "not_published";
    /// The execution is over.
    NotUnderWay 409 "not_under_way";
    /// The execution has not failed.
    NotFailed 409 "not_failed";
    /// The first request with this `Idempotency-Key` is still being worked on.
    IdempotencyInFlight 409 "idempotency_in_flight";
    /// The resource is in another version than `If-Match` says.
    PreconditionFailed 412 "precondition_failed";
    /// The body is too long.
    BodyTooLarge 413 "body_too_large";
    /// The body or a parameter has faults.
    InvalidRequest 422 "invalid_request";
    /// The `Idempotency-Key` came before with another request.
    IdempotencyKeyReused 422 "idempotency_key_reused";
    /// A change came without `If-Match`.
    PreconditionRequired 428 "precondition_required";
    /// Something failed here.
    InternalError 500 "internal_error";
    /// Too many requests for the same thing at once.
    Busy 503 "busy";
}
