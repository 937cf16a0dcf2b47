//! Refusals, as the code answers them.

use std::collections::BTreeMap;
use std::sync::Arc;

use couponflow_app::error::StoreError;
use couponflow_domain::ids::ContactId;
use couponflow_domain::input::FieldError;
use couponflow_domain::rejection::Rejection;
use couponflow_http::{Answer, Problem, ProblemCode};
use serde_json::{Map, Value, json};

use crate::schema as reference;

/// Why an operation can refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentedProblem {
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

/// A rule that JSON Schema can't say, and where a fault against it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) at: &'static str,
    pub(crate) rule: &'static str,
}

/// Refusals that are told once, for all operations.
const COMMON: [ProblemCode; 4] =
    [ProblemCode::InvalidKey, ProblemCode::InsufficientScope, ProblemCode::InternalError, ProblemCode::Busy];

impl DocumentedProblem {
    /// Every refusal with a code, those included that nothing answers yet.
    fn all() -> impl Iterator<Item = Self> {
        let problems = ProblemCode::ALL.iter().copied().map(Self::Problem);
        problems.chain(Rejection::ALL.iter().copied().map(Self::Rejection))
    }

    fn code(self) -> &'static str {
        match self {
            Self::Problem(code) => code.name(),
            Self::Rejection(rejection) => rejection.code(),
        }
    }

    fn is_common(self) -> bool {
        matches!(self, Self::Problem(code) if COMMON.contains(&code))
    }

    /// What is answered.
    fn answer(self) -> Answer {
        match self {
            Self::Rejection(rejection) => Problem::from(couponflow_app::code_rejection::CodeRejection::from(rejection)),
            Self::Problem(code) => sample(code),
        }
        .answer()
    }
}

fn sample(code: ProblemCode) -> Problem {
    match code {
        ProblemCode::MalformedJson => match serde_json::from_str::<Value>("{code:") {
            Err(error) => Problem::not_json(&error),
            Ok(_) => unreachable!("that is not JSON"),
        },
        ProblemCode::InvalidKey => Problem::unauthenticated(),
        ProblemCode::InsufficientScope => Problem::forbidden("admin"),
        ProblemCode::NotFound => Problem::not_found("coupon"),
        ProblemCode::MethodNotAllowed => Problem::method_not_allowed("PUT", &["GET", "POST"]),
        ProblemCode::CodeTaken => Problem::conflict(code, "There is a coupon with the code FLASH20 already."),
        ProblemCode::ContactExists => Problem::contact_exists(&ContactId::new(Default::default(), [0; 10])),
        ProblemCode::Conflict => Problem::changed_meanwhile("coupon"),
        ProblemCode::NotPublished => Problem::conflict(code, "A draft runs nothing; there is nothing to pause."),
        ProblemCode::NotUnderWay => Problem::conflict(code, "The execution is over; there is nothing to cancel."),
        ProblemCode::NotFailed => {
            Problem::conflict(code, "The execution has not failed; there is nothing to try again.")
        }
        ProblemCode::IdempotencyInFlight => Problem::idempotency_in_flight(),
        ProblemCode::PreconditionFailed => Problem::stale(),
        ProblemCode::PreconditionRequired => Problem::precondition_required(),
        ProblemCode::BodyTooLarge => Problem::too_large(64 * 1024),
        ProblemCode::InvalidRequest => {
            let fault = |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
            Problem::invalid(vec![fault("/code", "must be 3 to 40 letters (A to Z) and digits")])
        }
        ProblemCode::IdempotencyKeyReused => Problem::idempotency_key_reused(),
        ProblemCode::InternalError => {
            let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Problem::of_failure(&StoreError::Failed { doing: "reading", source: Arc::new(source) })
        }
        ProblemCode::Busy => Problem::of_failure(&StoreError::Busy { doing: "writing" }),
    }
}

/// The responses for problems, by status. `rules` are what an `invalid_request` can be about beside the schemas.
pub(crate) fn responses(problems: &[DocumentedProblem], rules: &[Rule]) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<DocumentedProblem>> = BTreeMap::new();
    for refused in problems {
        let of_status = by_status.entry(refused.answer().status).or_default();
        if !of_status.contains(refused) {
            of_status.push(*refused);
        }
    }
    let response = |of_status: &[DocumentedProblem]| match of_status {
        [refused] if refused.is_common() => {
            json!({"$ref": format!("#/components/responses/{}", refused.code())})
        }
        _ => response(of_status, rules),
    };
    by_status.iter().map(|(status, of_status)| (status.to_string(), response(of_status))).collect()
}

fn response(problems: &[DocumentedProblem], rules: &[Rule]) -> Value {
    let codes: Vec<String> = problems.iter().map(|refused| format!("`{}`", refused.code())).collect();
    let mut description = format!("Problems: {}.", codes.join(", "));
    let rules = if problems.contains(&ProblemCode::InvalidRequest.into()) { rules } else { &[] };
    if !rules.is_empty() {
        let told: Vec<String> = rules.iter().map(|Rule { at, rule }| format!("`{at}` {rule}")).collect();
        description += &format!(" Beyond what the schemas say: {}.", told.join("; "));
    }
    let example = |refused: &DocumentedProblem| {
        let code = refused.code();
        (code.to_owned(), json!({"$ref": format!("#/components/examples/{code}")}))
    };
    let examples: Map<_, _> = problems.iter().map(example).collect();
    let content = json!({"application/problem+json": {"schema": reference("Problem"), "examples": examples}});
    let mut response = json!({"description": description, "content": content});
    if !rules.is_empty() {
        response["x-rules-at"] = rules.iter().map(|rule| rule.at).collect();
    }
    // A header is required where every refusal of the status comes with it.
    let first = problems.first().map(|refused| refused.answer().headers).unwrap_or_default();
    let in_all = |name: &str| problems.iter().all(|refused| refused.answer().headers.iter().any(|(n, _)| *n == name));
    for (name, _) in first.iter().filter(|(name, _)| in_all(name)) {
        response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
    }
    response
}

/// Responses that are the same for every operation.
pub(crate) fn common_responses() -> Map<String, Value> {
    let gateway = json!({
        "description": "Refused by the gateway, beyond its rate limit for all requests together (1000 a second, bursts of \
                        2000). Not a problem document: it has no `code`. Nothing was done; wait and send it again.",
        "content": {"application/json": {
            "schema": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
            "example": {"message": "Too Many Requests"},
        }},
    });
    let common = COMMON.iter().map(|code| (code.name().to_owned(), response(&[(*code).into()], &[])));
    common.chain([(RATE_LIMITED.to_owned(), gateway)]).collect()
}

/// The gateway's own refusal, which no function answers.
const RATE_LIMITED: &str = "rate_limited";

/// A reference to the gateway's refusal of requests beyond its rate limit.
pub(crate) fn rate_limited() -> Value {
    json!({"$ref": format!("#/components/responses/{RATE_LIMITED}")})
}

/// The headers that come with problems.
pub(crate) fn headers() -> Value {
    json!({
        "www-authenticate": {"description": "How to authenticate.", "required": true, "schema": {"const": "Bearer"}},
        "retry-after": {"description": "Seconds to wait.", "required": true, "schema": {"type": "integer", "minimum": 1}},
    })
}

/// An example of every refusal, by its code.
pub(crate) fn examples() -> Map<String, Value> {
    let answered =
        DocumentedProblem::all().filter(|refused| *refused != DocumentedProblem::Rejection(Rejection::TooManyAttempts));
    answered.map(|refused| (refused.code().to_owned(), json!({"value": refused.answer().body}))).collect()
}

/// The schema of every refusal.
pub(crate) fn schema() -> Value {
    let codes: Vec<&str> = DocumentedProblem::all().map(DocumentedProblem::code).collect();
    json!({
        "type": "object",
        "description": "Why a request was not fulfilled (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:couponflow:problem:` and the code."},
            "title": {"type": "string", "description": "The HTTP status in words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "code": {"type": "string", "description": "Stable: decide by this. `too_many_attempts` is reserved: nothing answers it yet.", "enum": codes},
            "detail": {"type": "string", "description": "One sentence for a person. May change."},
            "errors": {"type": "array", "minItems": 1, "items": reference("FieldError"), "description": "Every fault."},
            "rejections": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["coupon_code", "code", "detail"],
                    "properties": {
                        "coupon_code": {"type": "string"},
                        "code": {"type": "string", "enum": codes},
                        "detail": {"type": "string"},
                    },
                },
                "description": "Where several codes were to be redeemed: why none was, for each that is refused.",
            },
            "backup_code": {
                "type": "string",
                "description": "Where a coupon that is used up, paused or expired says so (`offer_backup`): the code of the \
                                coupon that takes its place.",
            },
            "existing_id": {"type": "string", "description": "With `contact_exists`: which one."},
            "hold_may_free_up": {
                "type": "boolean",
                "description": "With `limit_reached`, for keys of the scopes `server` and `admin`: whether a redemption \
                                that is held may become free again.",
            },
        },
    })
}
