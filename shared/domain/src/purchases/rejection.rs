//! Rejections: business reasons why a coupon code cannot be used. Each rejection has a stable name
//! in the API. A rejection is a value, not an error.

use serde::{Deserialize, Serialize};

/// Reason why a code cannot be applied or redeemed now.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Rejection {
    /// No coupon of this tenant has the code, or the coupon was deleted.
    CouponNotFound,
    /// An operator or a workflow has paused the coupon.
    CouponPaused,
    /// The start of the coupon lies in the future.
    CouponNotStarted,
    /// The expiry instant of the coupon has been reached.
    CouponExpired,
    /// No redemption is left: all are used or held for other orders.
    LimitReached,
    /// The customer has used all redemptions permitted per customer.
    CustomerLimitReached,
    /// The unique code is used, or held for another order.
    CodeAlreadyUsed,
    /// This coupon, or an earlier coupon on the same order, cannot be combined with other coupons.
    CouponNotCombinable,
    /// The value of the order is below the minimum of the coupon.
    MinimumOrderNotMet,
    /// The coupon applies to no line of the order.
    ProductsNotEligible,
    /// The coupon has no amount in the currency of the order.
    CurrencyMismatch,
    /// The coupon has a limit per customer, and the request names no customer.
    CustomerRequired,
    /// The coupon would take nothing off the order: earlier codes cover the whole amount, the eligible lines are free,
    /// or the percentage rounds to zero.
    NothingToDiscount,
}

impl Rejection {
    /// Returns the stable name in the API, as in `"code": "limit_reached"`.
    pub fn code(self) -> &'static str {
        self.into_str()
    }

    /// Returns a description of the reason for people.
    pub fn detail(self) -> &'static str {
        match self {
            Self::CouponNotFound => "There is no coupon with this code.",
            Self::CouponPaused => "This coupon is paused.",
            Self::CouponNotStarted => "This coupon is not valid yet.",
            Self::CouponExpired => "This coupon has expired.",
            Self::LimitReached => {
                "No redemption of this coupon is left: each has been used or is held for another order."
            }
            Self::CustomerLimitReached => "This customer has used all redemptions permitted per customer.",
            Self::CodeAlreadyUsed => "This code has been used or is held for another order.",
            Self::CouponNotCombinable => "This coupon cannot be combined with another coupon on the order.",
            Self::MinimumOrderNotMet => "The value of the order is below the minimum of this coupon.",
            Self::ProductsNotEligible => "This coupon applies to none of the products in the order.",
            Self::CurrencyMismatch => "This coupon is for orders in another currency.",
            Self::CustomerRequired => "This coupon requires a customer: send `customer.email` or `customer.id`.",
            Self::NothingToDiscount => "This coupon would take nothing off the order.",
        }
    }

    /// Whether the coupon is used up, paused or expired, so that a backup coupon can take its
    /// place.
    pub fn is_of_unavailable_coupon(self) -> bool {
        match self {
            Self::LimitReached | Self::CouponPaused | Self::CouponExpired => true,
            Self::CouponNotFound
            | Self::CouponNotStarted
            | Self::CustomerLimitReached
            | Self::CodeAlreadyUsed
            | Self::CouponNotCombinable
            | Self::MinimumOrderNotMet
            | Self::ProductsNotEligible
            | Self::CurrencyMismatch
            | Self::CustomerRequired
            | Self::NothingToDiscount => false,
        }
    }

    /// Whether every redemption of the coupon or code is used or held. When a hold ends, a redemption can become
    /// available.
    pub fn is_used_up(self) -> bool {
        match self {
            Self::LimitReached | Self::CodeAlreadyUsed => true,
            Self::CouponNotFound
            | Self::CouponPaused
            | Self::CouponNotStarted
            | Self::CouponExpired
            | Self::CustomerLimitReached
            | Self::CouponNotCombinable
            | Self::MinimumOrderNotMet
            | Self::ProductsNotEligible
            | Self::CurrencyMismatch
            | Self::CustomerRequired
            | Self::NothingToDiscount => false,
        }
    }

    /// Returns the rejection for callers with a storefront key. A storefront key may be visible in
    /// a browser. Some reasons therefore become [`CouponNotFound`](Self::CouponNotFound), because
    /// they would reveal which codes exist, or whether a person has used a coupon.
    #[must_use]
    pub fn for_storefront(self) -> Self {
        match self {
            Self::CouponPaused
            | Self::CouponNotStarted
            | Self::ProductsNotEligible
            | Self::CustomerLimitReached
            | Self::CodeAlreadyUsed => Self::CouponNotFound,
            Self::CouponNotFound
            | Self::CouponExpired
            | Self::LimitReached
            | Self::CouponNotCombinable
            | Self::MinimumOrderNotMet
            | Self::CurrencyMismatch
            | Self::CustomerRequired
            | Self::NothingToDiscount => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn code_equals_serialised_name() {
        for rejection in Rejection::VARIANTS {
            assert_eq!(serde_json::to_value(rejection).unwrap(), rejection.code());
        }
    }

    #[test]
    fn storefront_sees_hidden_reasons_as_not_found() {
        for hidden in [Rejection::CouponPaused, Rejection::CustomerLimitReached, Rejection::CodeAlreadyUsed] {
            assert_eq!(hidden.for_storefront(), Rejection::CouponNotFound, "{hidden:?}");
        }
        assert_eq!(Rejection::LimitReached.for_storefront(), Rejection::LimitReached);
    }
}
