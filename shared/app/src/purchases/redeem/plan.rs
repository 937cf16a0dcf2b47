//! Decides what a redeem request does next.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::CodeCombination;
use couponflow_domain::purchases::rejection::Rejection;

use super::code_state::{CodeState, Freshness};
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::code_request::CodeRequest;
use crate::purchases::ports::PendingRedemption;

/// Next action for a request, based on the data that has been read so far.
pub(super) enum Plan {
    /// Commit these redemptions. Every other code of the request is already redeemed.
    Claims(Vec<(usize, PendingRedemption)>),
    /// Reject the codes at these indexes.
    Rejected(Vec<(usize, CodeRejection)>),
    /// The code at this index would be rejected, but the code's data is not
    /// [`Freshness::Verified`]. Refresh the data first.
    Unclear(usize),
}

/// Decides the next action for a request.
pub(super) fn plan(parts: &[CodeState], now: DateTime<Utc>) -> Plan {
    let Some(order) = parts.first().map(|part| &part.purchase.order) else { return Plan::Claims(Vec::new()) };
    let mut combination = CodeCombination::on(order);
    let mut accepted: Vec<&Coupon> = Vec::new();
    // Add the existing redemptions of the order first, because their prices are final.
    for part in parts {
        if let (Some(done), Some(coupon)) = (&part.done, part.coupon.as_deref()) {
            combination.add_redeemed(done);
            accepted.push(coupon);
        }
    }
    let (mut claimed, mut rejections) = (Vec::new(), Vec::new());
    for (place, part) in parts.iter().enumerate().filter(|(_, part)| part.done.is_none()) {
        let Some(coupon) = &part.coupon else {
            rejections.push((place, Rejection::CouponNotFound.into()));
            continue;
        };
        let case = CodeRequest {
            purchase: &part.purchase,
            coupon,
            unique: part.unique.as_ref(),
            owns_a_hold: part.hold().is_some(),
            left: combination.left(),
            accepted: &accepted,
            is_only_code: parts.len() == 1,
            // The conditional write of the redemption checks the limit per customer.
            redeemed_by_customer: None,
        };
        match case.decide(now) {
            Ok(price) => {
                combination.add(coupon, part.purchase.clone(), price, now);
                accepted.push(coupon);
                claimed.push((place, Arc::clone(coupon), part.hold().cloned()));
            }
            Err(_) if part.freshness != Freshness::Verified => return Plan::Unclear(place),
            Err(rejection) => rejections.push((place, rejection)),
        }
    }
    match rejections.is_empty() {
        true => {
            let pending = |((place, coupon, held), redemption)| (place, PendingRedemption { redemption, coupon, held });
            Plan::Claims(std::iter::zip(claimed, combination.redemptions()).map(pending).collect())
        }
        false => Plan::Rejected(rejections),
    }
}
