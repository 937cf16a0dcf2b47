//! Changes of coupons as the effect of a step.

use serde_json::{Map, Value, json};

use super::effect::{ShowInput, members};
use super::step_action::output;
use crate::automation::template::{Kind, StepOutput};
use crate::coupons::coupon::CouponAction;
use crate::kernel::ids::CouponId;
use crate::kernel::json_schema::{optional, reference};

/// Output with the id of the changed coupon.
pub(super) const COUPON_ID: StepOutput =
    output("coupon_id", Kind::Code, true, "Id of the coupon; missing if the step was skipped");

/// Output with the code of the changed coupon.
pub(super) const CODE: StepOutput =
    output("code", Kind::Code, true, "Code of the coupon; missing if the step was skipped");

/// Change of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCoupon {
    pub coupon_id: CouponId,
    pub action: CouponAction,
}

impl ShowInput for ChangeCoupon {
    fn input(&self) -> Map<String, Value> {
        match self.action {
            CouponAction::Switch(_) => members([("coupon_id", json!(self.coupon_id))]),
            CouponAction::Extend(by) => members([("coupon_id", json!(self.coupon_id)), ("by", json!(by))]),
            CouponAction::RaiseLimit(by) => members([("coupon_id", json!(self.coupon_id)), ("by", json!(by))]),
        }
    }
}

/// Schema of the id of the coupon to change.
pub(super) fn coupon_id_schema() -> Value {
    optional(reference("CouponId"))
}
