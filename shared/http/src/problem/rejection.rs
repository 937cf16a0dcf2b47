//! Problems for rejected codes.

use std::iter;

use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::purchases::rejection::Rejection;

use super::Problem;
use super::body::ListedRejection;

impl Problem {
    /// Adds the code of the backup coupon, if there is one.
    #[must_use]
    pub fn with_backup(mut self, backup: Option<&CouponCode>) -> Self {
        self.members.backup_code = backup.cloned();
        self
    }

    /// Creates the problem for a request with a storefront key. A storefront key can be used in a
    /// browser. Therefore the problem contains only the reason, and not `hold_may_free_up`.
    pub fn of_storefront(rejection: &CodeRejection) -> Self {
        Self { detail: rejection.detail().to_owned(), ..Self::from(rejection.rejection) }
    }

    /// Creates the problem for a request with several codes. The problem has the status and code of
    /// the first rejection. The member `rejections` lists all rejections.
    pub fn of_rejections(first: &(CouponCode, CodeRejection), rest: &[(CouponCode, CodeRejection)]) -> Self {
        let entry = |(code, rejection): &(CouponCode, CodeRejection)| {
            let reason = rejection.rejection;
            ListedRejection { coupon_code: code.clone(), code: reason, detail: reason.detail() }
        };
        let mut problem = Self::from(first.1);
        problem.members.rejections = iter::once(first).chain(rest).map(entry).collect();
        problem
    }
}

/// Problem for a request with a server key or admin key. Contains the reason. If the coupon or code
/// is used up, also contains `hold_may_free_up`: whether a later attempt may succeed.
impl From<CodeRejection> for Problem {
    fn from(rejection: CodeRejection) -> Self {
        let mut problem = Self::of_storefront(&rejection);
        if rejection.rejection.is_used_up() {
            problem.members.hold_may_free_up = Some(rejection.hold_may_free_up);
        }
        problem
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let status = match rejection {
            Rejection::CouponNotFound => 404,
            Rejection::CouponPaused
            | Rejection::CouponNotStarted
            | Rejection::CouponExpired
            | Rejection::LimitReached
            | Rejection::CustomerLimitReached
            | Rejection::CodeAlreadyUsed
            | Rejection::CouponNotCombinable => 409,
            Rejection::MinimumOrderNotMet
            | Rejection::ProductsNotEligible
            | Rejection::CurrencyMismatch
            | Rejection::CustomerRequired
            | Rejection::NothingToDiscount => 422,
        };
        Self::with(status, rejection.code(), rejection.detail())
    }
}
