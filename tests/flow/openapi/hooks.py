"""What schemathesis does beside its own checks; schemathesis.toml says why."""

import re
import uuid

import schemathesis
from schemathesis.generation.meta import TestPhase

LONGEST_BODY = 64 * 1024

# The rules that the document gives in words, since JSON Schema can't: where they are broken, and how the answer says so.
RULES = [
    (r"\?cursor", r"must be a next_cursor of the same list"),
    (r"/expires_at", r"must lie ahead|must be later than starts_at"),
    (r"/minimum_order_value/currency", r"must be [A-Z]{3}, as the discount is"),
    (r"/backup_coupon_id", r"is not the id of a coupon"),
    (r"/order/lines", r"must be worth at most \d+ together"),
    (r"/application_id", r""),
    (r"/steps/\d+/id", r"must differ from the ids of the other steps"),
    (r"/steps/\d+/(workflow_id|coupon_id)", r"names nothing that exists"),
    (r"/steps/\d+/(subject|html|text)", r"is not a valid template|uses \{\{"),
    (r"/steps/\d+/for", r"must be an ISO 8601 duration of up to 366 days"),
    (r"/trigger/filters/.*", r"filters may be nested 8 deep"),
    (r"/trigger/filters.*/value", r"must be the lower and the higher bound"),
    (r"/customer/email|/steps/\d+/to/\d+|\?email", r"must be an e-mail address"),
]

# Filters and steps multiply to 4,400 coverage cases of creating a workflow, as many as of all other operations three
# times over. One in eight is sent.
SHARE = 8
seen = 0


@schemathesis.hook
def filter_case(context, case):
    global seen
    is_one_of_many = case.operation.label == "POST /v1/workflows" and case.meta.phase.name == TestPhase.COVERAGE
    seen += is_one_of_many
    return not is_one_of_many or seen % SHARE == 1


@schemathesis.hook
def map_case(context, case):
    """A key stands for one request. Two cases that happen to share one would be refused, rightly."""
    key = case.headers.get("Idempotency-Key")
    if case.meta.generation.mode.is_positive and key is not None:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    return case


@schemathesis.check
def refusal_of_allowed_data_is_for_a_named_rule(ctx, response, case):
    if case.meta is None or case.meta.generation.mode.is_negative or response.status_code not in (413, 422):
        return
    if response.status_code == 413:
        assert len(response.request.body or b"") > LONGEST_BODY, "a body that is short enough was refused as too long"
        return
    problem = response.json()
    if problem["code"] != "invalid_request":
        return
    for error in problem["errors"]:
        named = any(re.fullmatch(where, error["pointer"]) and re.match(how, error["detail"]) for where, how in RULES)
        assert named, f"no rule of the document refuses {error['pointer']}: {error['detail']}"
