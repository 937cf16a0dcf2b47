//! Problems and rejections for the documentation of operations. The code of the API builds the
//! examples.

use std::sync::Arc;

use crate::{Answer, Problem, ProblemCode};
use chrono::TimeDelta;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::tenants::quota::{QuotaExceeded, QuotaKind};
use couponflow_domain::tenants::rate_limit::RateLimitKind;
use serde_json::Value;
use strum::VariantArray as _;

/// A problem or rejection that an operation can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentedProblem {
    Problem(ProblemCode),
    Rejection(Rejection),
}

impl From<ProblemCode> for DocumentedProblem {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(code)
    }
}

impl From<Rejection> for DocumentedProblem {
    fn from(rejection: Rejection) -> Self {
        Self::Rejection(rejection)
    }
}

impl DocumentedProblem {
    /// Returns all problems and rejections.
    pub fn all() -> impl Iterator<Item = Self> {
        let problems = ProblemCode::ALL.iter().copied().map(Self::Problem);
        problems.chain(Rejection::VARIANTS.iter().copied().map(Self::Rejection))
    }

    /// Returns all rejections of a code.
    pub fn rejections() -> impl Iterator<Item = Rejection> {
        Rejection::VARIANTS.iter().copied()
    }

    /// Returns the stable code of the problem or rejection.
    pub fn code(self) -> &'static str {
        match self {
            Self::Problem(code) => code.name(),
            Self::Rejection(rejection) => rejection.code(),
        }
    }

    /// Builds the response that the API sends for the problem or rejection.
    pub fn answer(self) -> Answer {
        match self {
            Self::Rejection(rejection) => Problem::from(CodeRejection::from(rejection)),
            Self::Problem(code) => sample(code),
        }
        .answer()
    }
}

/// Builds an example of the problem with this code.
fn sample(code: ProblemCode) -> Problem {
    match code {
        ProblemCode::RepeatedParameter => Problem::repeated_parameter("status"),
        ProblemCode::MalformedJson => match serde_json::from_str::<Value>("{code:") {
            Err(error) => Problem::not_json(&error),
            Ok(_) => unreachable!("the text is not valid JSON"),
        },
        ProblemCode::InvalidKey => Problem::unauthenticated(),
        ProblemCode::InsufficientScope => Problem::forbidden("admin"),
        ProblemCode::TenantSuspended => Problem::tenant_suspended(),
        ProblemCode::NotFound => Problem::not_found("coupon"),
        ProblemCode::MethodNotAllowed => Problem::method_not_allowed("PUT", &["GET", "POST"]),
        ProblemCode::CodeTaken => Problem::conflict(code, "A coupon with the code FLASH20 already exists."),
        ProblemCode::ContactExists => Problem::contact_exists(&ContactId::new(Default::default(), [0; 10])),
        ProblemCode::LastAdminKey => Problem::last_admin_key(),
        ProblemCode::TooManyKeys => {
            Problem::conflict(code, "The tenant has 50 valid keys, which is the limit. Revoke a key first.")
        }
        ProblemCode::QuotaExceeded => {
            Problem::conflict(code, QuotaExceeded { kind: QuotaKind::RunningJobs, quota: 20 }.to_string())
        }
        ProblemCode::Conflict => Problem::changed_meanwhile("coupon"),
        ProblemCode::NotPublished => Problem::conflict(code, "A draft cannot be paused; publish the workflow first."),
        ProblemCode::NotUnderWay => Problem::conflict(code, "The execution has already ended and cannot be cancelled."),
        ProblemCode::NotFailed => {
            Problem::conflict(code, "The execution has not failed. Only failed executions can be retried.")
        }
        ProblemCode::IdempotencyInFlight => Problem::idempotency_in_flight(),
        ProblemCode::ApplicationTokenRequired => Problem::application_token_required(),
        ProblemCode::PreconditionFailed => Problem::stale(),
        ProblemCode::PreconditionRequired => Problem::precondition_required(),
        ProblemCode::UnsupportedMediaType => Problem::unsupported_media_type("application/json"),
        ProblemCode::BodyTooLarge => Problem::too_large(64 * 1024),
        ProblemCode::InvalidRequest => {
            let fault = |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
            Problem::invalid(vec![fault("/code", "must be 3 to 40 letters (A to Z) and digits")])
        }
        ProblemCode::IdempotencyKeyReused => Problem::idempotency_key_reused(),
        ProblemCode::TooManyAttempts => {
            let kind = RateLimitKind::StorefrontAddress;
            Problem::too_many_attempts(kind.name(), kind.default_limit(), TimeDelta::seconds(1))
        }
        ProblemCode::InternalError => {
            let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Problem::of_failure(&StoreError::Permanent { doing: "reading", source: Arc::new(source) })
        }
        ProblemCode::Busy => Problem::of_failure(&StoreError::Busy { doing: "writing" }),
    }
}
