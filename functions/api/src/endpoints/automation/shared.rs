//! Rules, lookups and responses that the endpoints of workflows share.

use couponflow_app::automation::edit_workflow::WorkflowEditOutcome;
use couponflow_app::automation::ports::Workflow;
use couponflow_app::automation::workflow_check;
use couponflow_aws::clients;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::rules::{EMAIL_RULE, LABEL_RULE, TEMPLATE_RULE};
use couponflow_http::{EndpointResult, Problem, ProblemCode, Reply, etag, view};

use crate::call::Call;
use crate::reply::failure;

/// Rules for workflow documents. In a pointer, `*` stands for one segment, and `**` for any number
/// of segments.
pub(super) const RULES: [(&str, &str); 26] = [
    ("/**/filters", "must have at most 100 conditions and 50,000 bytes of text in total"),
    ("/trigger/filters/**", "must not be nested more than 8 levels deep"),
    (
        "/**/filters/**",
        "must use only fields that the trigger or event has, and must not be nested more than 8 levels deep",
    ),
    (
        "/**/filters/**/value",
        "for the operator `between`: must be a list of the lower and the upper bound, and the two bounds must have \
         the same kind and currency",
    ),
    ("/steps", "must have at most 100 steps in total, including nested steps"),
    ("/steps/**", "must not be nested more than 8 levels deep"),
    ("/steps/**/id", "must be unique in the workflow"),
    (
        "/steps/**/type",
        "must not be `goal` in a nested step, and must not be `for_each_contact` in a step that is nested in another \
         `for_each_contact`; if the events of the trigger have no customer, a step that needs a contact must be \
         nested in a `for_each_contact`",
    ),
    ("/steps/**/workflow_id", "must be the id of a workflow"),
    ("/steps/**/coupon_id", "must be the id of a coupon"),
    ("/steps/**/subject", TEMPLATE_RULE),
    ("/steps/**/html", TEMPLATE_RULE),
    ("/steps/**/text", TEMPLATE_RULE),
    (
        "/steps/**/body",
        "must be a template that uses only merge fields of the trigger and outputs of earlier steps, and must render \
         to JSON for all values if it begins with `{` or `[`",
    ),
    ("/steps/**/body/**", "must be a template, with merge fields in at most 200 strings and in no member name"),
    ("/steps/**/coupon/step", "must be the id of an earlier step that outputs a coupon"),
    ("/steps/**", "can have merge fields only in `subject`, `html`, `text`, `body` and `until`"),
    ("/steps/**/until", "must be an instant, or a template that renders to an instant"),
    ("/steps/**/to/*", EMAIL_RULE),
    ("/steps/**/for", "must be between PT1S and P366D"),
    ("/steps/**/by", "must be between PT1S and P366D"),
    ("/steps/**/before", "must be between PT1S and P366D"),
    ("/steps/**/timeout", "must be between PT1S and P366D"),
    ("/steps/**/expires_in", "must be between PT1M and P3660D"),
    (
        "/steps/**/coupon/**",
        "must follow the rules for coupon terms, and must not have terms that a workflow cannot set, such as `code` \
         and `max_redemptions`",
    ),
    ("/on_failure/alert/*", EMAIL_RULE),
];

/// Further rules for workflow documents, in addition to [`RULES`].
pub(super) const MORE_RULES: [(&str, &str); 8] = [
    ("/steps/**/tag", LABEL_RULE),
    ("/steps/**/list", LABEL_RULE),
    ("/steps/**/audience/*", LABEL_RULE),
    ("/time_zone", "must be an IANA time zone"),
    ("/**/time_zone", "must be an IANA time zone"),
    ("/**/to", "must differ from `from`"),
    ("/**/url", "must be a public HTTPS URL without user and password"),
    ("/locale", "must be a supported language tag"),
];

/// Finds the workflow with the id in the path.
pub(super) async fn find(call: &Call<'_>) -> Result<Workflow, Problem> {
    let id = call.id(WorkflowId::parse, "workflow")?;
    workflow_check::existing(call.store, &id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("workflow"))
}

/// Builds a response with a workflow and its warnings. The `ETag` header is the revision of the
/// workflow.
pub(super) fn answer(status: u16, workflow: &Workflow) -> Reply<view::Workflow> {
    let (name, revision) = etag(workflow.revision);
    let warnings = workflow_check::warnings(&workflow.document, url_policy());
    Reply::json(status, &view::Workflow::reviewed(workflow, warnings)).with_header(name, revision)
}

/// Returns which webhook URLs a workflow may contain: URLs of public addresses, or any URL on the
/// local stack.
pub(super) fn url_policy() -> UrlPolicy {
    if clients::is_local() { UrlPolicy::Anywhere } else { UrlPolicy::Public }
}

/// Converts the outcome of a change to an answer.
pub(super) fn edited(outcome: WorkflowEditOutcome) -> EndpointResult<view::Workflow> {
    match outcome {
        WorkflowEditOutcome::Done(workflow) => Ok(answer(200, &workflow)),
        WorkflowEditOutcome::NotFound => Err(Problem::not_found("workflow")),
        WorkflowEditOutcome::Stale => Err(Problem::stale()),
        WorkflowEditOutcome::Conflict => Err(Problem::changed_meanwhile("workflow")),
        WorkflowEditOutcome::NotPublished => {
            Err(Problem::conflict(ProblemCode::NotPublished, "A draft cannot be paused. Publish it first."))
        }
        WorkflowEditOutcome::QuotaExceeded(exceeded) => {
            Err(Problem::conflict(ProblemCode::QuotaExceeded, exceeded.to_string()))
        }
        WorkflowEditOutcome::Invalid(faults) => Err(Problem::invalid(faults)),
    }
}
