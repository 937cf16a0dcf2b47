//! Rejections: the business "no", each with a stable code. Never an error.

use serde::{Deserialize, Serialize};

/// Why a code can't be applied or redeemed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// No coupon of this tenant has the code, or it was deleted.
    CouponNotFound,
    /// An operator or a workflow has paused it.
    CouponPaused,
    /// Its start lies ahead.
    CouponNotStarted,
    /// Its expiry instant has passed. The instant itself is expired.
    CouponExpired,
    /// No redemption is left: each is used, or held for another order.
    LimitReached,
    /// This customer has used every redemption permitted to one customer.
    CustomerLimitReached,
    /// A single-use code that is used, or held for another order.
    CodeAlreadyUsed,
    /// It, or a code before it on the same order, is not to be used together with others.
    CouponNotCombinable,
    /// The order is worth less than the coupon asks for.
    MinimumOrderNotMet,
    /// No line of the order is one the coupon applies to.
    ProductsNotEligible,
    /// The order is in another currency than the coupon's amounts.
    CurrencyMismatch,
    /// The coupon counts redemptions per customer and the request names none.
    CustomerRequired,
    /// It would take nothing off the order: other codes took all before it, what it applies to costs nothing, or its share
    /// rounds to nothing.
    NothingToDiscount,
    /// Too many refused attempts in a short time.
    TooManyAttempts,
}

impl Rejection {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::CouponNotFound,
        Self::CouponPaused,
        Self::CouponNotStarted,
        Self::CouponExpired,
        Self::LimitReached,
        Self::CustomerLimitReached,
        Self::CodeAlreadyUsed,
        Self::CouponNotCombinable,
        Self::MinimumOrderNotMet,
        Self::ProductsNotEligible,
        Self::CurrencyMismatch,
        Self::CustomerRequired,
        Self::NothingToDiscount,
        Self::TooManyAttempts,
    ];

    /// The stable code, as in `"code": "limit_reached"`.
    pub fn code(self) -> &'static str {
        match self {
            Self::CouponNotFound => "coupon_not_found",
            Self::CouponPaused => "coupon_paused",
            Self::CouponNotStarted => "coupon_not_started",
            Self::CouponExpired => "coupon_expired",
            Self::LimitReached => "limit_reached",
            Self::CustomerLimitReached => "customer_limit_reached",
            Self::CodeAlreadyUsed => "code_already_used",
            Self::CouponNotCombinable => "coupon_not_combinable",
            Self::MinimumOrderNotMet => "minimum_order_not_met",
            Self::ProductsNotEligible => "products_not_eligible",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::CustomerRequired => "customer_required",
            Self::NothingToDiscount => "nothing_to_discount",
            Self::TooManyAttempts => "too_many_attempts",
        }
    }

    /// One sentence for the person at the till.
    pub fn detail(self) -> &'static str {
        match self {
            Self::CouponNotFound => "There is no coupon with this code.",
            Self::CouponPaused => "This coupon is paused.",
            Self::CouponNotStarted => "This coupon is not valid yet.",
            Self::CouponExpired => "This coupon has expired.",
            Self::LimitReached => {
                "No redemption of this coupon is left: each has been used or is held for another order."
            }
            Self::CustomerLimitReached => "This customer has used this coupon as often as it permits.",
            Self::CodeAlreadyUsed => "This code has been used or is held for another order.",
            Self::CouponNotCombinable => "This coupon can't be used together with another one on the order.",
            Self::MinimumOrderNotMet => "The order is worth less than this coupon asks for.",
            Self::ProductsNotEligible => "This coupon applies to none of the products in the order.",
            Self::CurrencyMismatch => "This coupon is for orders in another currency.",
            Self::CustomerRequired => "This coupon needs a customer: send `customer.email` or `customer.id`.",
            Self::NothingToDiscount => "This coupon would take nothing off the order.",
            Self::TooManyAttempts => "Too many attempts. Try again later.",
        }
    }

    /// What a key that may sit in a browser is told: reasons that would tell a stranger which codes exist become
    /// *not found*.
    #[must_use]
    pub fn for_storefront(self) -> Self {
        match self {
            Self::CouponPaused | Self::CouponNotStarted | Self::ProductsNotEligible => Self::CouponNotFound,
            Self::CouponNotFound
            | Self::CouponExpired
            | Self::LimitReached
            | Self::CustomerLimitReached
            | Self::CodeAlreadyUsed
            | Self::CouponNotCombinable
            | Self::MinimumOrderNotMet
            | Self::CurrencyMismatch
            | Self::CustomerRequired
            | Self::NothingToDiscount
            | Self::TooManyAttempts => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_what_serde_writes() {
        for rejection in Rejection::ALL {
            assert_eq!(serde_json::to_value(rejection).unwrap(), rejection.code());
        }
    }

    #[test]
    fn a_storefront_cannot_tell_a_paused_code_from_an_unknown_one() {
        assert_eq!(Rejection::CouponPaused.for_storefront(), Rejection::CouponNotFound);
        assert_eq!(Rejection::LimitReached.for_storefront(), Rejection::LimitReached);
    }
}
