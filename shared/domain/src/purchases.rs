//! Purchases: the use of coupon codes for orders.
//!
//! *Apply* prices a code for an order and records an [`Application`]. *Redeem* commits the use of
//! the code as a [`Redemption`]. A [`Rollback`] reverses a redemption.

mod abandonment;
mod application;
mod application_owner;
mod billing;
mod checkout;
mod code_combination;
pub mod customer;
pub mod decision;
pub mod order;
mod price_revision;
pub mod pricing;
mod redemption;
mod rejected_attempt;
pub mod rejection;
mod rollback;

pub use abandonment::{AbandonmentTimer, AbandonmentWindow};
pub use application::{APPLICATION_RETENTION, Application, Hold, application_bits, application_key};
pub use application_owner::{ApplicationOwner, ApplicationToken, InvalidApplicationToken, Maker, TokenDigest};
pub use billing::{Billing, BillingDiscount, Undiscounted};
pub use checkout::{Checkout, Codes, Purchase, RedeemRequest, request_schemas};
pub use code_combination::CodeCombination;
pub use price_revision::{EarlierApplication, PriceRevision};
pub use redemption::{LaterPricing, Redemption, Subscription};
pub use rejected_attempt::{AttemptedOperation, RejectedAttempt};
pub use rollback::Rollback;

use crate::coupons::code::CouponCode;
use crate::coupons::coupon::Coupon;
use crate::kernel::digest::{Bits80, bits80, key80};
use crate::kernel::ids::CouponId;

/// Returns the coupon id and the order id, which together identify an application or redemption.
fn identity_parts<'a>(coupon_id: &'a CouponId, order_id: &'a str) -> [&'a str; 2] {
    [coupon_id.as_str(), order_id]
}

/// Returns the 80 bits of a redemption id. The bits of a unique code's redemption are derived from
/// the code. The bits of any other redemption are derived from coupon and order.
fn redemption_bits(coupon: &Coupon, code: &CouponCode, order_id: &str) -> Bits80 {
    match *code == coupon.terms.code {
        true => bits80(&identity_parts(&coupon.id, order_id)),
        false => code.bits(),
    }
}

/// Returns the key of a coupon and an order. For shared codes, the key equals
/// [`RedemptionId::key`](crate::kernel::ids::RedemptionId::key) of the redemption. Earlier versions also stored
/// applications under this key.
pub fn purchase_key(coupon_id: &CouponId, order_id: &str) -> String {
    key80(&identity_parts(coupon_id, order_id))
}
