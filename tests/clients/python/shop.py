"""A shop that applies, holds, redeems and rolls back codes with a generated client. It prints what the API returned, as JSON."""

import json
import os
import sys
from pathlib import Path

from couponflow_client import AuthenticatedClient
from couponflow_client.api.coupons import read_coupon
from couponflow_client.api.purchases import apply, read_redemption, redeem, roll_back_redemption
from couponflow_client.models import (
    AppliedCode,
    AppliedCodes,
    Coupon,
    CustomerWithEmailInput,
    HoldInput,
    LineInput,
    OneCodeInput,
    OrderInput,
    OwnApplication,
    PercentageDiscount,
    Problem,
    ProblemCode,
    RedeemApplicationInput,
    Redemption,
    RedemptionRecord,
    RollbackInput,
    RollbackReason,
    SeveralCodesInput,
    WorkflowInput,
)


def connect(key):
    return AuthenticatedClient(base_url=os.environ["API"], token=os.environ[key])


def order(order_id):
    line = LineInput(product_id="prod_plan", quantity=2, unit_amount=2500)
    return OrderInput(id=order_id, currency="USD", lines=[line])


def of_type(expected, answer):
    """Returns the response of the API if it has the expected type."""
    if not isinstance(answer, expected):
        raise TypeError(f"expected {expected.__name__}, got {answer}")
    return answer


storefront, server, admin = connect("STOREFRONT"), connect("SERVER"), connect("ADMIN")
customer = CustomerWithEmailInput(email="ana@example.com")


def apply_one_code_again():
    body = OneCodeInput(code="ALPHA20", customer=customer, order=order("py_1"))
    first = of_type(OwnApplication, apply.sync(client=storefront, body=body))
    body.application_token = first.application_token
    applied = of_type(OwnApplication, apply.sync(client=storefront, body=body))
    return {"total": applied.total.amount, "currency": applied.total.currency}


def apply_several_codes():
    body = SeveralCodesInput(codes=["ALPHA20", "BETA10", "NOSUCHCODE"], customer=customer, order=order("py_2"))
    applied = of_type(AppliedCodes, apply.sync(client=storefront, body=body))
    results = [
        result.application.total_after_code.amount if isinstance(result, AppliedCode) else result.rejection.code.value
        for result in applied.results
    ]
    return {"total": applied.total.amount, "results": results}


def rejected_code():
    body = OneCodeInput(code="NOSUCHCODE", customer=customer, order=order("py_3"))
    problem = of_type(Problem, apply.sync(client=storefront, body=body))
    return {"status": problem.status, "known": problem.code is ProblemCode.COUPON_NOT_FOUND}


def hold_redeem_and_roll_back():
    body = OneCodeInput(code="ALPHA20", customer=customer, order=order("py_4"), hold=HoldInput(ttl_seconds=900))
    held = of_type(OwnApplication, apply.sync(client=server, body=body))
    by_application = RedeemApplicationInput(application_id=held.id, order=order("py_4"))
    redeemed = of_type(Redemption, redeem.sync(client=server, body=by_application))
    reason = RollbackInput(reason=RollbackReason.REFUNDED)
    rolled_back = of_type(RedemptionRecord, roll_back_redemption.sync(redeemed.id, client=server, body=reason))
    read = of_type(RedemptionRecord, read_redemption.sync(redeemed.id, client=admin))
    return {
        "held": held.hold is not None,
        "redeemed": redeemed.status.value,
        "rolled_back": rolled_back.status.value,
        "reason": read.rollback.reason.value,
        "customer": read.customer.email,
    }


def coupon_fields():
    body = OneCodeInput(code="ALPHA20", customer=customer, order=order("py_5"))
    redeemed = of_type(Redemption, redeem.sync(client=server, body=body))
    coupon = of_type(Coupon, read_coupon.sync(redeemed.coupon_id, client=admin))
    return {
        "code": coupon.code,
        "status": coupon.status.value,
        "percent_off": of_type(PercentageDiscount, coupon.discount).percent_off,
        "duration": coupon.duration.value,
        "times_redeemed": coupon.times_redeemed,
        "metadata": coupon.metadata.to_dict(),
    }


def workflow_is_read_without_loss(path):
    document = json.loads(Path(path).read_text())
    return WorkflowInput.from_dict(document).to_dict() == document


print(
    json.dumps(
        {
            "apply": apply_one_code_again(),
            "apply_several": apply_several_codes(),
            "rejected": rejected_code(),
            "hold": hold_redeem_and_roll_back(),
            "coupon": coupon_fields(),
            "workflow": workflow_is_read_without_loss(sys.argv[1]),
        }
    )
)
