//! Decides on all codes of an apply request, each based on the order value that the previous codes left.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::Application;
use couponflow_domain::purchases::pricing::Remainder;

use super::applicant::Applicant;
use super::code_state::CodeState;
use crate::purchases::code_rejection::CodeRejection;

/// Decisions on the codes of a request.
pub(super) struct Decided {
    pub(super) outcomes: Vec<Result<Application, CodeRejection>>,
    /// Total discount of all accepted codes, in minor units.
    pub(super) taken: i64,
}

/// Decides on each code, based on the data that has been read so far.
pub(super) fn decide_all(parts: &[CodeState], applicant: &Applicant<'_>, now: DateTime<Utc>) -> Decided {
    let mut outcomes = Vec::with_capacity(parts.len());
    let mut accepted: Vec<&Coupon> = Vec::new();
    let mut left: Option<Remainder> = None;
    for part in parts {
        let left = left.get_or_insert_with(|| Remainder::of(&part.purchase.order));
        outcomes.push(part.decide(left, &accepted, parts.len() == 1, now).map(|(coupon, price)| {
            left.deduct(&price.discount);
            accepted.push(coupon);
            Application::new(applicant.secret, applicant.owner(), coupon, part.purchase.clone(), price, now)
        }));
    }
    let taken = left.map_or(0, |left| left.deducted());
    let among =
        |outcome: Result<Application, CodeRejection>| outcome.map(|application| application.with_other_codes(taken));
    Decided { outcomes: outcomes.into_iter().map(among).collect(), taken }
}
