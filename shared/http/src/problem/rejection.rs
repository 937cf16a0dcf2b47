//! Problems for rejected codes.

use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::purchases::rejection::Rejection;
use serde_json::{Value, json};

use super::Problem;

impl Problem {
    /// Adds the code of the backup coupon, if there is one.
    #[must_use]
    pub fn with_backup(self, backup: Option<&CouponCode>) -> Self {
        match backup {
            Some(backup) => self.with_extension("backup_code", json!(backup)),
            None => self,
        }
    }

    /// Creates the problem for a request with a storefront key. A storefront key can be used in a
    /// browser. Therefore the problem contains only the reason, and not `hold_may_free_up`.
    pub fn of_storefront(rejection: &CodeRejection) -> Self {
        Self { detail: rejection.detail().to_owned(), ..Self::from(rejection.rejection) }
    }

    /// Creates the problem for a request with several codes. The problem has the status and code of
    /// the first rejection. The member `rejections` lists all rejections.
    pub fn of_rejections(rejected: Vec<(CouponCode, CodeRejection)>) -> Self {
        let entry = |(code, rejection): &(CouponCode, CodeRejection)| {
            let rejection = rejection.rejection;
            json!({"coupon_code": code, "code": rejection.code(), "detail": rejection.detail()})
        };
        let rejections: Value = rejected.iter().map(entry).collect();
        match rejected.into_iter().next() {
            Some((_, first)) => Self::from(first).with_extension("rejections", rejections),
            None => Self::not_found("code"),
        }
    }
}

/// Problem for a request with a server key or admin key. Contains the reason. If the coupon or code
/// is used up, also contains `hold_may_free_up`: whether a later attempt may succeed.
impl From<CodeRejection> for Problem {
    fn from(rejection: CodeRejection) -> Self {
        let is_used_up = rejection.rejection.is_used_up();
        let problem = Self::of_storefront(&rejection);
        match is_used_up {
            true => problem.with_extension("hold_may_free_up", json!(rejection.hold_may_free_up)),
            false => problem,
        }
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
