//! Rejection of a code, and whether a later attempt can succeed.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::UniqueCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::rejection::Rejection;

/// Reason why a code cannot be applied or redeemed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRejection {
    pub rejection: Rejection,
    /// Whether a later attempt may succeed, because a hold may release a redemption.
    pub hold_may_free_up: bool,
}

impl CodeRejection {
    /// Creates the rejection that follows from the current coupon.
    pub fn of(rejection: Rejection, coupon: &Coupon) -> Self {
        Self { rejection, hold_may_free_up: rejection == Rejection::LimitReached && coupon.held > 0 }
    }
}

impl CodeRejection {
    /// Creates the rejection that follows from the current state of a unique code.
    pub fn of_code(code: &UniqueCode, now: DateTime<Utc>) -> Self {
        Self { rejection: Rejection::CodeAlreadyUsed, hold_may_free_up: code.may_free_up(now) }
    }
}

impl CodeRejection {
    /// Describes the rejection for the customer. Distinguishes a coupon that is used up from a
    /// coupon whose remaining redemptions are held for other orders.
    pub fn detail(&self) -> &'static str {
        match (self.rejection, self.hold_may_free_up) {
            (Rejection::LimitReached, false) => "Every redemption of this coupon has been used.",
            (Rejection::LimitReached, true) => {
                "The last redemptions of this coupon are held for other orders. Try again later: a hold that is not \
                 redeemed expires."
            }
            (Rejection::CodeAlreadyUsed, false) => "This code has been used.",
            (Rejection::CodeAlreadyUsed, true) => {
                "This code is held for another order. Try again later: a hold that is not redeemed expires."
            }
            (other, _) => other.detail(),
        }
    }
}

impl From<Rejection> for CodeRejection {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, hold_may_free_up: false }
    }
}
