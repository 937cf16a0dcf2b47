//! Request schemas of the steps that act on coupons.

use serde_json::{Value, json};

use super::step::step;
use crate::requests::coupon::generated_coupon_terms;
use crate::requests::json_schema::{duration, integer, optional};
use couponflow_http::doc::reference::schema;

pub(super) fn steps() -> Vec<Value> {
    let coupon_id = || ("coupon_id", optional(schema("CouponId")));
    let generated = [
        ("coupon", generated_coupon_terms()),
        ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,20}$"}))),
        ("expires_in", optional(duration("Lifetime of the generated coupon. PT1M to P3660D."))),
        ("only_for_contact", optional(json!({"type": "boolean", "default": false}))),
    ];
    vec![
        step("pause_coupon", "Pauses a coupon. Default: the coupon of the event.", &[], &[coupon_id()]),
        step("replace_with_backup_coupon", "Activates the backup coupon of the event's coupon.", &[], &[]),
        step(
            "generate_coupon",
            "Generates a coupon with its own code. The coupon can be redeemed once.",
            &["coupon"],
            &generated,
        ),
        step(
            "extend_coupon",
            "Moves the expiry of a coupon to a later time. Default: the coupon of the event.",
            &["by"],
            &[coupon_id(), ("by", duration("Time to add. PT1S to P366D."))],
        ),
        step(
            "raise_limit",
            "Raises the redemption limit of a coupon. Default: the coupon of the event.",
            &["by"],
            &[coupon_id(), ("by", integer(1, 1_000_000_000, "Number of redemptions to add."))],
        ),
    ]
}
