//! What a storefront asks of apply and redeem, and what becomes of it.

mod abandonment;
mod application;
mod billing;
mod checkout;
mod code_combination;
mod redemption;
mod refused;
mod rollback;

pub use abandonment::{AbandonmentTimer, AbandonmentWindow};
pub use application::{APPLICATION_KEPT, Application, Hold};
pub use billing::{Billing, BillingDiscount, Undiscounted};
pub use checkout::{Checkout, Codes, Purchase, RedeemRequest};
pub use code_combination::CodeCombination;
pub use redemption::{LaterPricing, Redemption, Subscription};
pub use refused::{Attempt, Operation};
pub use rollback::{Rollback, RollbackReason};

use crate::code::CouponCode;
use crate::coupon::Coupon;
use crate::digest::{Bits80, bits80, key80};
use crate::ids::CouponId;

/// What makes an application or a redemption the same one: the coupon and the order.
fn identity_parts<'a>(coupon_id: &'a CouponId, order_id: &'a str) -> [&'a str; 2] {
    [coupon_id.as_str(), order_id]
}

/// What a redemption is made of: the unique code, which is redeemed once, or the coupon and the order.
fn redemption_bits(coupon: &Coupon, code: &CouponCode, order_id: &str) -> Bits80 {
    match *code == coupon.terms.code {
        true => bits80(&identity_parts(&coupon.id, order_id)),
        false => code.bits(),
    }
}

/// The storage key of the application or redemption of a coupon for an order; equals
/// [`ApplicationId::key`](crate::ids::ApplicationId::key) and, but for unique codes,
/// [`RedemptionId::key`](crate::ids::RedemptionId::key).
pub fn purchase_key(coupon_id: &CouponId, order_id: &str) -> String {
    key80(&identity_parts(coupon_id, order_id))
}
