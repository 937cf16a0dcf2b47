"""Hooks and an additional check for schemathesis. schemathesis.toml explains why they are needed."""

import re
import uuid
from collections import Counter

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

# The test creates this coupon. Any customer can redeem it, any number of times.
OPEN_CODE = "OPEN20"
LONGEST_BODY = 64 * 1024

# The first ALL_OF coverage cases of each operation are sent, and one in SHARE of its other cases. The filters and steps of
# a workflow alone make 4,400 cases, more than all other operations together.
ALL_OF = 600
SHARE = 12
seen = Counter()


@schemathesis.hook
def filter_case(context, case):
    if any("\n" in str(value) or "%0A" in str(value) for value in case.path_parameters.values()):
        # The emulated gateway finds no route for a path with a line break, and responds in its own format.
        return False
    if case.media_type == "text/csv" and not isinstance(case.body, str):
        # A CSV body is sent as text, so an invalid value of another type would become a valid text.
        return False
    if case.meta.phase.name != TestPhase.COVERAGE:
        return True
    seen[case.operation.label] += 1
    return seen[case.operation.label] <= ALL_OF or seen[case.operation.label] % SHARE == 0


@schemathesis.hook
def map_case(context, case):
    """Replaces values that a generator cannot guess, so that each case tests what it varies."""
    allowed = case.meta.generation.mode.is_positive
    if "Idempotency-Key" in case.headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
        # Two cases with the same key would be rejected because of the key, whatever else they test.
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if isinstance(case.body, dict):
        case.body = realistic(case.operation.path, allowed, case.meta.phase.name, case.body)
    return case


def realistic(path, allowed, phase, body):
    code = body.get("code")
    has_code = isinstance(code, str) and re.fullmatch("[A-Za-z0-9]{3,40}", code.strip())
    if path == "/v1/coupons" and has_code:
        # A taken code would hide whether the rest of the body is accepted.
        return {**body, "code": uuid.uuid4().hex}
    if path.endswith("/codes") and allowed:
        # A job with a million codes would keep the stack busy for the rest of the run.
        return {**body, "count": min(body["count"], 50)}
    if path in ("/v1/apply", "/v1/redeem") and has_code:
        body = {**body, "code": OPEN_CODE}
    if path in ("/v1/apply", "/v1/redeem") and allowed and phase != TestPhase.COVERAGE:
        # Most generated orders exceed the maximum order value.
        lines = [{**line, "quantity": line["quantity"] % 9 + 1} for line in body["order"]["lines"][:9]]
        body = {**body, "order": {**body["order"], "lines": lines}}
    return body


@schemathesis.check
def refusal_of_allowed_data_is_for_a_rule_of_the_document(ctx, response, case):
    if case.meta is None or case.meta.generation.mode.is_negative or response.status_code not in (413, 422):
        return
    if response.status_code == 413:
        assert len(response.request.body or b"") > LONGEST_BODY, "a body within the limit was rejected as too long"
        return
    problem = response.json()
    if problem["code"] == "invalid_request":
        places = case.operation.definition.raw["responses"]["422"].get("x-rules-at", [])
        for error in problem["errors"]:
            named = any(re.fullmatch(pattern(place), error["pointer"]) for place in places)
            assert named, f"the document has no rule at {error['pointer']}: {error['detail']}"


def pattern(place):
    parts = {"*": "[^/]*", "**": ".*"}
    return "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*+)", place))
