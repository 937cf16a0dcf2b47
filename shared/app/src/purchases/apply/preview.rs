//! Previews what applying codes would give. Records nothing.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::decision::{Judgement, Price};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::{Checkout, Maker};

use super::backup::backup_of;
use super::code_state::CodeState;
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::ports::PurchaseStore;

/// What applying one code would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Previewed {
    pub code: CouponCode,
    /// Coupon of the code. `None` if no coupon has the code.
    pub coupon_id: Option<CouponId>,
    /// Price of the code, or the reason for its rejection.
    pub outcome: Result<Price, CodeRejection>,
    /// Code of the backup coupon that apply would offer.
    pub backup: Option<CouponCode>,
    /// Judgement of every term of the coupon. Empty if no coupon has the code.
    pub terms: Vec<Judgement>,
}

/// Decides about each code as [`apply`](super::apply) does, and checks every term of the coupon. Records neither
/// applications nor rejected attempts, and reserves nothing.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn preview(
    store: &impl PurchaseStore,
    checkout: &Checkout,
    now: DateTime<Utc>,
) -> Result<Vec<Previewed>, StoreError> {
    let mut parts = CodeState::find_all(store, checkout, Maker::Server, now).await?;
    for part in &mut parts {
        // A deleted coupon counts as nonexistent.
        part.coupon.take_if(|coupon| coupon.state == State::Deleted);
    }
    let mut left = Remainder::of(&checkout.order);
    let mut accepted: Vec<&Coupon> = Vec::new();
    let mut previewed = Vec::with_capacity(parts.len());
    for part in &parts {
        let is_only_code = parts.len() == 1;
        let judge = |coupon| part.request(coupon, &left, &accepted, is_only_code).judge(now);
        let terms = part.coupon.as_ref().map(judge).unwrap_or_default();
        let outcome = part.decide(&left, &accepted, is_only_code, now);
        let backup = match (&part.coupon, &outcome) {
            (Some(coupon), Err(rejected)) => backup_of(store, coupon, rejected.rejection, now).await?,
            (Some(_), Ok(_)) | (None, _) => None,
        };
        let outcome = outcome.map(|(coupon, price)| {
            left.deduct(&price.discount);
            accepted.push(coupon);
            price
        });
        let (code, coupon_id) = (part.purchase.code.clone(), part.coupon.as_ref().map(|coupon| coupon.id.clone()));
        previewed.push(Previewed { code, coupon_id, outcome, backup, terms });
    }
    Ok(previewed)
}
