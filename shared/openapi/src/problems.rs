//! Error responses of the document: problems and rejections, with the bodies that the code really returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use couponflow_app::error::StoreError;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::{Answer, Problem, ProblemCode};
use serde_json::{Map, Value, json};

use crate::schema as reference;

/// A problem or rejection that an operation can return.
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

/// A validation rule that JSON Schema cannot express.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Pointer of the faults that the rule causes; see [`crate::operation_doc::OperationDoc::rule`].
    pub(crate) at: &'static str,
    pub(crate) rule: &'static str,
}

/// Problems that are documented once, in shared responses, instead of in each operation.
const SHARED_PROBLEMS: [ProblemCode; 4] =
    [ProblemCode::InvalidKey, ProblemCode::InsufficientScope, ProblemCode::InternalError, ProblemCode::Busy];

impl DocumentedProblem {
    /// Every problem and rejection code, including those that no operation returns yet.
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

    fn is_shared(self) -> bool {
        matches!(self, Self::Problem(code) if SHARED_PROBLEMS.contains(&code))
    }

    /// The response that the API sends for it.
    fn answer(self) -> Answer {
        match self {
            Self::Rejection(rejection) => Problem::from(couponflow_app::code_rejection::CodeRejection::from(rejection)),
            Self::Problem(code) => sample(code),
        }
        .answer()
    }
}

/// Builds an example of a problem.
fn sample(code: ProblemCode) -> Problem {
    match code {
        ProblemCode::MalformedJson => match serde_json::from_str::<Value>("{code:") {
            Err(error) => Problem::not_json(&error),
            Ok(_) => unreachable!("the text is not valid JSON"),
        },
        ProblemCode::RepeatedParameter => Problem::repeated_parameter("status"),
        ProblemCode::InvalidKey => Problem::unauthenticated(),
        ProblemCode::InsufficientScope => Problem::forbidden("admin"),
        ProblemCode::NotFound => Problem::not_found("coupon"),
        ProblemCode::MethodNotAllowed => Problem::method_not_allowed("PUT", &["GET", "POST"]),
        ProblemCode::CodeTaken => Problem::conflict(code, "A coupon with the code FLASH20 already exists."),
        ProblemCode::ContactExists => Problem::contact_exists(&ContactId::new(Default::default(), [0; 10])),
        ProblemCode::Conflict => Problem::changed_meanwhile("coupon"),
        ProblemCode::NotPublished => Problem::conflict(code, "A draft cannot be paused; publish the workflow first."),
        ProblemCode::NotUnderWay => Problem::conflict(code, "The execution has already ended and cannot be cancelled."),
        ProblemCode::NotFailed => {
            Problem::conflict(code, "The execution has not failed. Only failed executions can be retried.")
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

/// Builds the response objects for problems, by HTTP status. `rules` lists what can cause an `invalid_request` although
/// the request matches the schemas.
pub(crate) fn responses(problems: &[DocumentedProblem], rules: &[Rule]) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<DocumentedProblem>> = BTreeMap::new();
    for problem in problems {
        let with_status = by_status.entry(problem.answer().status).or_default();
        if !with_status.contains(problem) {
            with_status.push(*problem);
        }
    }
    let response = |with_status: &[DocumentedProblem]| match with_status {
        [problem] if problem.is_shared() => {
            json!({"$ref": format!("#/components/responses/{}", problem.code())})
        }
        _ => response(with_status, rules),
    };
    by_status.iter().map(|(status, with_status)| (status.to_string(), response(with_status))).collect()
}

fn response(problems: &[DocumentedProblem], rules: &[Rule]) -> Value {
    let codes: Vec<String> = problems.iter().map(|problem| format!("`{}`", problem.code())).collect();
    let mut description = format!("Problems: {}.", codes.join(", "));
    let rules = if problems.contains(&ProblemCode::InvalidRequest.into()) { rules } else { &[] };
    if !rules.is_empty() {
        let rule_texts: Vec<String> = rules.iter().map(|Rule { at, rule }| format!("`{at}` {rule}")).collect();
        description += &format!(" Rules in addition to the schemas: {}.", rule_texts.join("; "));
    }
    let example = |problem: &DocumentedProblem| {
        let code = problem.code();
        (code.to_owned(), json!({"$ref": format!("#/components/examples/{code}")}))
    };
    let examples: Map<_, _> = problems.iter().map(example).collect();
    let content = json!({"application/problem+json": {"schema": reference("Problem"), "examples": examples}});
    let mut response = json!({"description": description, "content": content});
    if !rules.is_empty() {
        response["x-rules-at"] = rules.iter().map(|rule| rule.at).collect();
    }
    // Document a header only if every problem with this status sends it.
    let first = problems.first().map(|problem| problem.answer().headers).unwrap_or_default();
    let in_all = |name: &str| problems.iter().all(|problem| problem.answer().headers.iter().any(|(n, _)| *n == name));
    for (name, _) in first.iter().filter(|(name, _)| in_all(name)) {
        response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
    }
    response
}

/// Response objects shared by all operations.
pub(crate) fn common_responses() -> Map<String, Value> {
    let gateway = json!({
        "description": "Rate limit of the gateway exceeded: 1000 requests per second for all callers together, with \
                        bursts of 2000. The body is not a problem document and has no `code`. The request was not \
                        processed; wait and send it again.",
        "content": {"application/json": {
            "schema": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
            "example": {"message": "Too Many Requests"},
        }},
    });
    let common = SHARED_PROBLEMS.iter().map(|code| (code.name().to_owned(), response(&[(*code).into()], &[])));
    common.chain([(RATE_LIMITED.to_owned(), gateway)]).collect()
}

/// Component name of the gateway's 429 response. The gateway sends it, not a function.
const RATE_LIMITED: &str = "rate_limited";

/// Returns a `$ref` to the gateway's 429 response.
pub(crate) fn rate_limited() -> Value {
    json!({"$ref": format!("#/components/responses/{RATE_LIMITED}")})
}

/// Response headers of problems.
pub(crate) fn headers() -> Value {
    json!({
        "www-authenticate": {
            "description": "Authentication scheme to use.",
            "required": true,
            "schema": {"const": "Bearer"},
        },
        "retry-after": {
            "description": "Seconds to wait before the next attempt.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}

/// An example response body of every problem and rejection, by code. Leaves out `too_many_attempts`, which is reserved.
pub(crate) fn examples() -> Map<String, Value> {
    let answered =
        DocumentedProblem::all().filter(|problem| *problem != DocumentedProblem::Rejection(Rejection::TooManyAttempts));
    answered.map(|problem| (problem.code().to_owned(), json!({"value": problem.answer().body}))).collect()
}

/// The schema of problem documents.
pub(crate) fn schema() -> Value {
    let codes: Vec<&str> = DocumentedProblem::all().map(DocumentedProblem::code).collect();
    json!({
        "type": "object",
        "description": "An error response: a problem document (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:couponflow:problem:` followed by `code`."},
            "title": {"type": "string", "description": "Name of the HTTP status."},
            "status": {"type": "integer", "description": "HTTP status code."},
            "code": {
                "type": "string",
                "description": "Stable error code; branch on this. `too_many_attempts` is reserved and not returned \
                    yet.",
                "enum": codes,
            },
            "detail": {"type": "string", "description": "Human-readable explanation. The wording may change."},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": reference("FieldError"),
                "description": "All faults of the request.",
            },
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
                "description": "Only when several codes were sent to redeem: the reason for each rejected code. No \
                    code was redeemed.",
            },
            "backup_code": {
                "type": "string",
                "description": "Code of the backup coupon. Present if the coupon is used up, paused or expired and has \
                                `offer_backup` set.",
            },
            "existing_id": {"type": "string", "description": "With `contact_exists`: id of the existing contact."},
            "hold_may_free_up": {
                "type": "boolean",
                "description": "With `limit_reached` or `code_already_used`, for keys with scope `server` or `admin`: \
                                whether a hold reserves the redemption, so that a later attempt may succeed.",
            },
        },
    })
}
