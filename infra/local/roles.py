"""Makes ministack permit a function only what its role permits, as AWS does.

With its setting AUTH, ministack checks the role, the resource policy and the signature of every request. This module
adapts these checks:

- All callers but functions are exempt, because tools and tests use constant credentials.
- Policies may require TLS, which the local endpoint does not have. Every request counts as sent over TLS.
- The condition key `dynamodb:LeadingKeys` and the sender identity of an e-mail, which ministack does not know, are added.
- Batch requests of SQS need the permission of the single request.
"""

import email.utils
import json
import re

from ministack import app
from ministack.core import iam_actions, iam_evaluator


def enforce():
    app.AUTH = True
    for check in ("enforce", "check_credentials"):
        setattr(iam_evaluator, check, of_functions(getattr(iam_evaluator, check)))
    pin_origin = app.pin_request_origin
    app.pin_request_origin = lambda address, _is_tls: pin_origin(address, True)
    context = iam_actions.dynamodb_service_context
    iam_actions.dynamodb_service_context = lambda body: context(body) | {"dynamodb:LeadingKeys": leading_keys(body)}
    mail_resource = iam_actions._ses_v2_resource_arn
    iam_actions._ses_v2_resource_arn = lambda *request: sender_identity(*request) or mail_resource(*request)


def of_functions(check):
    """Wraps a check, so that only requests of functions are checked. Only functions have temporary credentials."""

    def checked(access_key, action, *request, **context):
        if not (access_key or "").startswith("ASIA"):
            return None
        denial = check(access_key, re.sub(r"^(sqs:\w+)Batch$", r"\1", action or ""), *request, **context)
        if denial:
            print("Denied a request of a function:", denial, action, context, flush=True)
        return denial

    return checked


def leading_keys(body):
    """Returns the partition keys that a DynamoDB request names."""
    request = json.loads(body)
    elements = [part for element in request.get("TransactItems", []) for part in element.values()]
    keys = [part["Key"] for part in [request, *elements] if "Key" in part]
    items = [part["Item"] for part in [request, *elements] if "Item" in part]
    for batch in request.get("RequestItems", {}).values():
        if isinstance(batch, dict):
            keys += batch["Keys"]
        else:
            keys += [part["DeleteRequest"]["Key"] for part in batch if "DeleteRequest" in part]
            items += [part["PutRequest"]["Item"] for part in batch if "PutRequest" in part]
    found = {item["pk"]["S"] for item in keys + items}
    if condition := request.get("KeyConditionExpression"):
        partition = re.match(r"\w+ = (:\w+)", condition)[1]
        found.add(request["ExpressionAttributeValues"][partition]["S"])
    return sorted(found)


def sender_identity(_method, path, body, region, account):
    """Returns the ARN of the identity that sends an e-mail. Returns None for all other requests of SES."""
    if not path.endswith("/outbound-emails"):
        return None
    _, address = email.utils.parseaddr(json.loads(body)["FromEmailAddress"])
    return f"arn:aws:ses:{region}:{account}:identity/{address}"
