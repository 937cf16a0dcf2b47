//! Examples of unique codes.

use couponflow_domain::coupons::code::{self, CouponCode};

use super::coupons::a_coupon;
use super::example_time;
use super::purchases::a_redemption;
use crate::view::{self, UniqueCode};

fn a_unique_code() -> code::UniqueCode {
    let code = CouponCode::parse("VIP7K2MQX4R9TBW").expect("the code is valid");
    let redemption_id = Some(a_redemption().id);
    code::UniqueCode {
        code,
        coupon_id: a_coupon().id,
        created_at: example_time(),
        redeemed_at: Some(example_time()),
        redemption_id,
        held: None,
    }
}

/// Response with a unique code.
pub fn unique_code() -> UniqueCode {
    UniqueCode::from(&a_unique_code())
}

/// CSV response with one unique code.
pub fn unique_code_file() -> String {
    view::UNIQUE_CODE_HEADER.to_owned() + &view::unique_code_row(&a_unique_code())
}
