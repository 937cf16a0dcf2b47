//! Problems: RFC 9457 `application/problem+json` with a stable `code`.

use couponflow_app::code_rejection::CodeRejection;
use couponflow_app::error::{StoreError, chain};
use couponflow_domain::code::CouponCode;
use couponflow_domain::ids::ContactId;
use couponflow_domain::input::{Errors, FieldError};
use couponflow_domain::rejection::Rejection;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::problem_code::ProblemCode;

/// Why a request was not fulfilled.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
    errors: Errors,
    headers: Vec<(&'static str, String)>,
    /// Further members, by name.
    extensions: Vec<(&'static str, Value)>,
}

impl Problem {
    fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::with(code.status(), code.name(), detail)
    }

    fn with(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        let (errors, headers, extensions) = (Vec::new(), Vec::new(), Vec::new());
        Self { status, code, detail: detail.into(), errors, headers, extensions }
    }

    fn with_extension(mut self, name: &'static str, value: Value) -> Self {
        self.extensions.push((name, value));
        self
    }

    /// The same, where trying again in a second may succeed.
    fn with_retry(self) -> Self {
        Self { headers: vec![("retry-after", "1".to_owned())], ..self }
    }

    /// 422: the body or a parameter has faults.
    pub fn invalid(errors: Errors) -> Self {
        Self {
            errors,
            ..Self::new(ProblemCode::InvalidRequest, "The request has faults; `errors` lists each with its place.")
        }
    }

    /// 422: a query parameter has a fault.
    pub fn invalid_parameter(name: &str, detail: &str) -> Self {
        Self::invalid(vec![FieldError { pointer: format!("?{name}"), detail: detail.to_owned() }])
    }

    /// 422: the cursor is not one that the list gave.
    pub fn invalid_cursor() -> Self {
        Self::invalid_parameter("cursor", "must be a next_cursor of the same list")
    }

    /// 422: a header has a fault.
    pub fn invalid_header(name: &str, detail: &str) -> Self {
        Self::invalid(vec![FieldError { pointer: format!("{name}:"), detail: detail.to_owned() }])
    }

    /// 400: the body is not JSON.
    pub fn not_json(error: &serde_json::Error) -> Self {
        let errors = vec![FieldError { pointer: String::new(), detail: error.to_string() }];
        Self { errors, ..Self::new(ProblemCode::MalformedJson, "The body must be a JSON object.") }
    }

    /// 413: the body is too long.
    pub fn too_large(longest: usize) -> Self {
        Self::new(ProblemCode::BodyTooLarge, format!("The body may have {longest} bytes."))
    }

    /// 401: no key, or one that is not known.
    pub fn unauthenticated() -> Self {
        Self {
            headers: vec![("www-authenticate", "Bearer".to_owned())],
            ..Self::new(ProblemCode::InvalidKey, "Send a valid key: `Authorization: Bearer <key>`.")
        }
    }

    /// 403: the key may not do this.
    pub fn forbidden(needed: &str) -> Self {
        Self::new(ProblemCode::InsufficientScope, format!("This needs a key with the scope `{needed}`."))
    }

    /// 403: the key may not send this member.
    pub fn forbidden_member(pointer: &str, needed: &str) -> Self {
        let detail = format!("needs a key with the scope `{needed}`: leave it out, or send it from the shop's server");
        let errors = vec![FieldError { pointer: pointer.to_owned(), detail }];
        Self { errors, ..Self::forbidden(needed) }
    }

    /// 404: no such resource.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("There is no such {what}."))
    }

    /// 405: the resource has other methods, those `offered`.
    pub fn method_not_allowed(method: &str, offered: &[&str]) -> Self {
        Self {
            headers: vec![("allow", offered.join(", "))],
            ..Self::new(ProblemCode::MethodNotAllowed, format!("{method} is not offered here."))
        }
    }

    /// 409: what is there stands against it.
    pub fn conflict(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::new(code, detail)
    }

    /// 409: there is a contact with the address, or with the shop's id where it has no address.
    pub fn contact_exists(id: &ContactId) -> Self {
        let detail = "There is such a contact already; `existing_id` names it. Edit that one.";
        Self::new(ProblemCode::ContactExists, detail).with_extension("existing_id", json!(id))
    }

    /// 412: the resource is not in the version that `If-Match` names.
    pub fn stale() -> Self {
        let detail = "It was changed since you read it. Read it again, and send its ETag as If-Match.";
        Self::new(ProblemCode::PreconditionFailed, detail)
    }

    /// 428: a change needs to say which version it is of.
    pub fn precondition_required() -> Self {
        let detail = "Send the ETag that you read it with as If-Match, or * to change it whatever it is now.";
        Self::new(ProblemCode::PreconditionRequired, detail)
    }

    /// The same, with the code of the coupon that takes the refused one's place.
    #[must_use]
    pub fn with_backup(self, backup: Option<&CouponCode>) -> Self {
        match backup {
            Some(backup) => self.with_extension("backup_code", json!(backup)),
            None => self,
        }
    }

    /// For a key that may sit in a browser: the reason, without what the shop's own keys are told beside it.
    pub fn of_storefront(rejection: &CodeRejection) -> Self {
        Self { detail: rejection.detail().to_owned(), ..Self::from(rejection.rejection) }
    }

    /// Several codes can't be redeemed together: with the status of the first rejection, and `rejections` for each.
    pub fn of_rejections(rejected: Vec<(CouponCode, CodeRejection)>) -> Self {
        let entry = |(code, rejection): &(CouponCode, CodeRejection)| {
            let rejection = rejection.rejection;
            json!({"coupon_code": code, "code": rejection.code(), "detail": rejection.detail()})
        };
        let rejections: Value = rejected.iter().map(entry).collect();
        match rejected.into_iter().next() {
            Some((_, first)) => Self::from(first).with_extension("rejections", rejections),
            None => Self::not_found("code"),
        }
    }

    /// 409: it was changed since it was read; trying again may succeed.
    pub fn changed_meanwhile(what: &str) -> Self {
        let detail = format!("The {what} was changed at the same time. Try again.");
        Self::new(ProblemCode::Conflict, detail).with_retry()
    }

    /// 409: the first request with this idempotency key has no answer yet.
    pub fn idempotency_in_flight() -> Self {
        let detail = "The first request with this Idempotency-Key is still running. Send the same request again in a \
                      moment; it is answered as the first one was.";
        Self::new(ProblemCode::IdempotencyInFlight, detail).with_retry()
    }

    /// 422: the idempotency key came with another request before.
    pub fn idempotency_key_reused() -> Self {
        let detail = "This Idempotency-Key was sent with another method, path or body before. Send a request that differs \
                      with a key of its own.";
        Self::new(ProblemCode::IdempotencyKeyReused, detail)
    }

    /// What a failure beneath looks like from outside: nothing of its inside, and whether to try again. Logs it.
    pub fn of_failure(error: &StoreError) -> Self {
        tracing::error!(error = %chain(error), "Failed a request");
        match error {
            StoreError::Busy { .. } => {
                let detail = "Too many requests for the same thing at once. Nothing was changed; try again.";
                Self::new(ProblemCode::Busy, detail).with_retry()
            }
            StoreError::Failed { .. }
            | StoreError::Refused { .. }
            | StoreError::Damaged { .. }
            | StoreError::Panicked { .. } => {
                Self::new(ProblemCode::InternalError, "Something went wrong here. Trying again is safe.")
            }
        }
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        let mut body = json!({
            "type": format!("urn:couponflow:problem:{}", self.code),
            "title": title(self.status),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        for (name, value) in &self.extensions {
            body[*name] = value.clone();
        }
        let headers = self.headers.clone();
        Answer { status: self.status, content_type: "application/problem+json", headers, body }
    }
}

/// For a key of the shop's own: the true reason, and where the limit is reached, whether trying later may succeed.
impl From<CodeRejection> for Problem {
    fn from(rejection: CodeRejection) -> Self {
        let is_used_up = matches!(rejection.rejection, Rejection::LimitReached | Rejection::CodeAlreadyUsed);
        let problem = Self::of_storefront(&rejection);
        match is_used_up {
            true => problem.with_extension("hold_may_free_up", json!(rejection.hold_may_free_up)),
            false => problem,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let status = match rejection {
            Rejection::CouponNotFound => 404,
            Rejection::CouponPaused
            | Rejection::CouponNotStarted
            | Rejection::CouponExpired
            | Rejection::LimitReached
            | Rejection::CustomerLimitReached
            | Rejection::CodeAlreadyUsed
            | Rejection::CouponNotCombinable => 409,
            Rejection::MinimumOrderNotMet
            | Rejection::ProductsNotEligible
            | Rejection::CurrencyMismatch
            | Rejection::CustomerRequired
            | Rejection::NothingToDiscount => 422,
            Rejection::TooManyAttempts => 429,
        };
        Self::with(status, rejection.code(), rejection.detail())
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
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
