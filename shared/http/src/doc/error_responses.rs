//! Error responses of the operations.

use std::collections::BTreeMap;

use crate::ProblemCode;
use serde_json::{Map, Value, json};

use crate::doc::documented_problem::DocumentedProblem;
use crate::doc::reference;

/// A validation rule that JSON Schema cannot express.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Pointer of the fault that reports a violation of the rule; see
    /// [`crate::doc::OperationDoc::rule`].
    pub at: &'static str,
    pub rule: &'static str,
}

impl Rule {
    /// Returns the pointer, followed by the rule. For a rule about the whole body, returns only the
    /// rule.
    fn text(&self) -> String {
        let Self { at, rule } = self;
        if at.is_empty() { (*rule).to_owned() } else { format!("`{at}` {rule}") }
    }
}

/// Responses that are documented once instead of in each operation, with their problems.
const SHARED_RESPONSES: [(&str, &[ProblemCode]); 5] = [
    ("invalid_key", &[ProblemCode::InvalidKey]),
    ("forbidden", &[ProblemCode::InsufficientScope, ProblemCode::TenantSuspended]),
    ("tenant_suspended", &[ProblemCode::TenantSuspended]),
    ("internal_error", &[ProblemCode::InternalError]),
    ("busy", &[ProblemCode::Busy]),
];

/// Returns the name of the shared response with exactly these problems.
fn shared_response(problems: &[DocumentedProblem]) -> Option<&'static str> {
    let has_problems = |codes: &[ProblemCode]| {
        codes.len() == problems.len() && codes.iter().all(|code| problems.contains(&(*code).into()))
    };
    SHARED_RESPONSES.iter().find(|(_, codes)| has_problems(codes)).map(|(name, _)| *name)
}

/// Builds the response objects for problems, by HTTP status. The description of `invalid_request`
/// lists `rules`: validation rules that the schemas cannot express.
pub fn responses(problems: &[DocumentedProblem], rules: &[Rule]) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<DocumentedProblem>> = BTreeMap::new();
    for problem in problems {
        let with_status = by_status.entry(problem.answer().status).or_default();
        if !with_status.contains(problem) {
            with_status.push(*problem);
        }
    }
    let response = |with_status: &[DocumentedProblem]| match shared_response(with_status) {
        Some(name) => reference::response(name),
        None => response(with_status, rules),
    };
    by_status.iter().map(|(status, with_status)| (status.to_string(), response(with_status))).collect()
}

fn response(problems: &[DocumentedProblem], rules: &[Rule]) -> Value {
    let codes: Vec<String> = problems.iter().map(|problem| format!("`{}`", problem.code())).collect();
    let mut description = format!("Problems: {}.", codes.join(", "));
    let rules = if problems.contains(&ProblemCode::InvalidRequest.into()) { rules } else { &[] };
    if !rules.is_empty() {
        let rule_texts: Vec<String> = rules.iter().map(Rule::text).collect();
        description += &format!(" Rules in addition to the schemas: {}.", rule_texts.join("; "));
    }
    let example = |problem: &DocumentedProblem| {
        let code = problem.code();
        (code.to_owned(), reference::example(code))
    };
    let examples: Map<_, _> = problems.iter().map(example).collect();
    let content = json!({"application/problem+json": {"schema": reference::schema("Problem"), "examples": examples}});
    let mut response = json!({"description": description, "content": content});
    if !rules.is_empty() {
        response["x-rules-at"] = rules.iter().map(|rule| rule.at).collect();
    }
    // Document a header only if every problem with this status sends it.
    let first = problems.first().map(|problem| problem.answer().headers).unwrap_or_default();
    let in_all = |name: &str| problems.iter().all(|problem| problem.answer().headers.iter().any(|(n, _)| *n == name));
    for (name, _) in first.iter().filter(|(name, _)| in_all(name)) {
        response["headers"][name] = reference::header(name);
    }
    response
}

/// Returns the response objects that several operations share.
pub fn shared() -> Map<String, Value> {
    let header = |description: &str, schema: Value| json!({"description": description, "schema": schema});
    let limited = json!({
        "description": "Too many requests. Wait, then send the request again. Two kinds of limits exist. \
                        (1) Rate limits of the key, the network of the caller, and the customer. A caller that \
                        exceeds one of these limits gets the problem `too_many_attempts`, with the headers \
                        `Retry-After`, `RateLimit` and `RateLimit-Policy`. The request was not processed. Exception: \
                        a request with an unknown code can be processed and then get this response instead of its \
                        result. (2) Limits of the gateway, which apply to all callers together: 1000 requests per \
                        second with bursts of 2000 for each of apply and redeem, and 500 per second with bursts of \
                        1000 for the other operations under `/v1` together. The response of the gateway has only a \
                        `message`, and the request was not processed.",
        "headers": {
            "retry-after": header("Seconds to wait before the next attempt.", json!({"type": "integer", "minimum": 1})),
            "ratelimit": header("Name of the limit, remaining units and seconds to wait.", json!({"type": "string"})),
            "ratelimit-policy": header("Name of the limit, its units and its window in seconds.", json!({"type": "string"})),
        },
        "content": {
            "application/problem+json": {
                "schema": reference::schema("Problem"),
                "examples": {"too_many_attempts": reference::example(ProblemCode::TooManyAttempts.name())},
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "title": "GatewayError",
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}},
                },
                "example": {"message": "Too Many Requests"},
            },
        },
    });
    let common = SHARED_RESPONSES.iter().map(|(name, codes)| {
        let problems: Vec<DocumentedProblem> = codes.iter().map(|code| (*code).into()).collect();
        ((*name).to_owned(), response(&problems, &[]))
    });
    common.chain([(RATE_LIMITED.to_owned(), limited)]).collect()
}

/// Component name of the 429 responses of the functions and of Amazon API Gateway.
const RATE_LIMITED: &str = "rate_limited";

/// Returns a `$ref` to the 429 responses.
pub fn rate_limited() -> Value {
    reference::response(RATE_LIMITED)
}

/// Returns the response headers of problems, by name.
pub fn headers() -> Value {
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
