//! One code of an apply request: what has been read for the code, and the decision that follows from it.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::decision::Price;
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, Checkout, Maker, Purchase};
use futures_util::future::try_join_all;

use crate::coupons::ports::{Code, CouponStore};
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::code_request::CodeRequest;
use crate::purchases::ports::PurchaseStore;

/// One code of the request, with the data that has been read for the code so far.
pub(super) struct CodeState {
    pub(super) purchase: Purchase,
    pub(super) coupon: Option<Coupon>,
    /// Last read state of the unique code. `None` for a shared code.
    unique: Option<UniqueCode>,
    /// Whether the order has a hold of the coupon.
    owns_a_hold: bool,
    /// Number of the customer's redemptions of the coupon. `None` if the number was not read.
    pub(super) redeemed_by_customer: Option<i64>,
    /// Rejection that a conditional write caused.
    pub(super) refused: Option<CodeRejection>,
    /// Application as stored.
    pub(super) recorded: Option<Application>,
}

impl CodeState {
    /// Finds each code of a request, all codes concurrently.
    pub(super) async fn find_all(
        store: &impl PurchaseStore,
        checkout: &Checkout,
        maker: Maker,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, StoreError> {
        let codes = checkout.codes.all().iter();
        try_join_all(codes.map(|code| Self::find(store, checkout.purchase(code), maker, now))).await
    }

    /// Finds the coupon of a code and reads the data on which the decision depends.
    async fn find(
        store: &impl PurchaseStore,
        purchase: Purchase,
        maker: Maker,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let (coupon, unique) = find(store, &purchase.code, maker).await?;
        let (owns_a_hold, redeemed_by_customer, refused, recorded) = (false, None, None, None);
        let mut part = Self { purchase, coupon, unique, owns_a_hold, redeemed_by_customer, refused, recorded };
        part.refresh(store, now).await?;
        Ok(part)
    }

    /// Reads the order's hold of the coupon and the number of the customer's redemptions of the coupon.
    pub(super) async fn refresh(&mut self, store: &impl PurchaseStore, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(coupon) = &self.coupon else { return Ok(()) };
        // The customer must not learn that the coupon exists, so read no more than for a coupon that does not exist.
        if !coupon.is_for(self.purchase.customer.as_ref()) {
            return Ok(());
        }
        let id = coupon.id.clone();
        let is_all_used_or_held = coupon.held > 0 && coupon.remaining.is_some_and(|remaining| remaining <= 0);
        self.owns_a_hold = is_all_used_or_held && has_running_hold(store, &id, &self.purchase, now).await?;
        if is_all_used_or_held && !self.owns_a_hold {
            // The order's hold may have ended after the coupon was read, so read the coupon again.
            self.coupon = store.coupon(&id).await?.or(self.coupon.take());
        }
        let most = self.coupon.as_ref().and_then(|coupon| coupon.terms.max_redemptions_per_customer);
        self.redeemed_by_customer = match (most, &self.purchase.customer) {
            (Some(_), Some(customer)) => Some(store.redeemed_by(&id, customer).await?),
            _ => None,
        };
        Ok(())
    }

    /// Accepts or rejects the code, based on the data that has been read so far.
    pub(super) fn decide(
        &self,
        left: &Remainder,
        accepted: &[&Coupon],
        is_only_code: bool,
        now: DateTime<Utc>,
    ) -> Result<(&Coupon, Price), CodeRejection> {
        let coupon = self.coupon.as_ref().ok_or(Rejection::CouponNotFound)?;
        let price = self.request(coupon, left, accepted, is_only_code).decide(now)?;
        match self.refused {
            Some(refused) => Err(refused),
            None => Ok((coupon, price)),
        }
    }

    /// Returns the request that the decision is about.
    pub(super) fn request<'a>(
        &'a self,
        coupon: &'a Coupon,
        left: &'a Remainder,
        accepted: &'a [&'a Coupon],
        is_only_code: bool,
    ) -> CodeRequest<'a> {
        let Self { purchase, unique, owns_a_hold, redeemed_by_customer, .. } = self;
        let (unique, owns_a_hold, redeemed_by_customer) = (unique.as_ref(), *owns_a_hold, *redeemed_by_customer);
        CodeRequest { purchase, coupon, unique, owns_a_hold, left, accepted, is_only_code, redeemed_by_customer }
    }
}

/// Looks up the coupon of a code. For a unique code, also returns the state of the code. For a browser, an unknown code
/// takes as many reads as a known code.
async fn find(
    store: &impl CouponStore,
    code: &CouponCode,
    maker: Maker,
) -> Result<(Option<Coupon>, Option<UniqueCode>), StoreError> {
    Ok(match store.code(code).await? {
        Some(Code::Unique(code)) => (store.coupon(&code.coupon_id).await?, Some(*code)),
        Some(Code::Shared(id)) => (store.coupon(&id).await?.filter(Coupon::accepts_own_code), None),
        None if maker == Maker::Storefront => (store.coupon(&no_coupon(code)).await?, None),
        None => (None, None),
    })
}

/// Returns the id of a coupon that does not exist.
pub(super) fn no_coupon(code: &CouponCode) -> CouponId {
    CouponId::new(DateTime::UNIX_EPOCH, code.bits())
}

/// Whether the order has a running hold of the coupon.
async fn has_running_hold(
    store: &impl PurchaseStore,
    coupon_id: &CouponId,
    purchase: &Purchase,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let application = store.application_for_order(coupon_id, &purchase.order.id).await?;
    Ok(application.is_some_and(|application| application.running_hold(now).is_some()))
}
