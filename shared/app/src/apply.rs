//! Applying codes: price an order and record the applications. Consumes nothing; reserves redemptions where a hold is
//! asked for.

use chrono::{DateTime, Utc};
use couponflow_domain::code::{CouponCode, UniqueCode};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::decision::{Price, availability, decide, may_combine};
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::ApplicationId;
use couponflow_domain::pricing::Remainder;
use couponflow_domain::purchase::{Application, Attempt, Checkout, Operation, Purchase, purchase_key};
use couponflow_domain::rejection::Rejection;

use crate::error::StoreError;
use crate::ports::{Code, Held, Holds, ReadCoupons, Rejections};
use crate::refusal::Refusal;

/// How often it is tried again because the coupon or the application changed in between.
const ATTEMPTS: usize = 4;

/// What came of one code.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The code.
    pub code: CouponCode,
    /// Its application, or why there is none.
    pub outcome: Result<Application, Refusal>,
    /// Where it is refused for good and the coupon says so: the code of the coupon that takes its place.
    pub backup: Option<CouponCode>,
}

/// Decides on each code in the order of the list, on the coupon as it is now and on what the codes before it left of the
/// order, and records the applications. The stored application is the event: the relay publishes it. A refusal of one
/// code stands in the way of none behind it, and is recorded too.
///
/// # Errors
/// Where the store fails or stays too busy; what was recorded until then stays, and asking again finds it.
pub async fn apply(
    store: &(impl Holds + Rejections),
    checkout: &Checkout,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Vec<Applied>, StoreError> {
    let mut left = Remainder::of(&checkout.order);
    let mut accepted: Vec<Coupon> = Vec::new();
    let mut applied = Vec::with_capacity(checkout.codes.all().len());
    for code in checkout.codes.all() {
        let purchase = checkout.purchase(code);
        let (coupon, unique) = find(store, code).await?;
        let outcome = match &coupon {
            None => Err(Rejection::CouponNotFound.into()),
            Some(coupon) => {
                let case = Case { purchase: &purchase, unique: unique.as_ref(), left: &left, accepted: &accepted };
                apply_one(store, case, coupon.clone(), now, correlation_id).await?
            }
        };
        let backup = match (&outcome, &coupon) {
            (Err(refusal), Some(coupon)) => backup_of(store, coupon, refusal.rejection, now).await?,
            _ => None,
        };
        match (&outcome, coupon) {
            (Ok(application), coupon) => {
                left.take(&application.discount);
                accepted.extend(coupon);
            }
            (Err(refusal), coupon) => {
                let attempt = Attempt::new(Operation::Apply, &purchase, refusal.rejection, now, correlation_id);
                store.record_rejection(&attempt, coupon.as_ref().map(CouponSnapshot::from).as_ref()).await?;
            }
        }
        applied.push(Applied { code: code.clone(), outcome, backup });
    }
    Ok(applied)
}

/// The code of the coupon that takes the place of one that is used up, paused or expired, if that one says so and the
/// other can be used.
async fn backup_of(
    store: &impl ReadCoupons,
    coupon: &Coupon,
    rejection: Rejection,
    now: DateTime<Utc>,
) -> Result<Option<CouponCode>, StoreError> {
    let is_over = matches!(rejection, Rejection::LimitReached | Rejection::CouponPaused | Rejection::CouponExpired);
    let Some(backup) = coupon.terms.backup_coupon_id.as_ref().filter(|_| is_over && coupon.terms.offer_backup) else {
        return Ok(None);
    };
    let backup = store.coupon(backup).await?;
    Ok(backup.filter(|backup| availability(backup, now).is_ok()).map(|backup| backup.terms.code))
}

/// The coupon of a code, and where that is a unique one, what became of it.
async fn find(store: &impl ReadCoupons, code: &CouponCode) -> Result<(Option<Coupon>, Option<UniqueCode>), StoreError> {
    Ok(match store.code(code).await? {
        Some(Code::Unique(code)) => (store.coupon(&code.coupon_id).await?, Some(*code)),
        Some(Code::Shared(id)) => (store.coupon(&id).await?.filter(Coupon::takes_its_own_code), None),
        None => (None, None),
    })
}

/// One code of a checkout, and what there is before it.
struct Case<'a> {
    purchase: &'a Purchase,
    unique: Option<&'a UniqueCode>,
    left: &'a Remainder,
    accepted: &'a [Coupon],
}

impl Case<'_> {
    /// The price by a coupon as it is. First what stands against the coupon, so that a refusal tells nothing about one that
    /// is not for use.
    fn decide(&self, coupon: &Coupon, owns_a_hold: bool, now: DateTime<Utc>) -> Result<Price, Refusal> {
        let Self { purchase, unique, left, accepted } = self;
        let seen = if owns_a_hold { coupon.with_hold_returned() } else { coupon.clone() };
        let price = decide(&seen, &purchase.order, left, purchase.customer.as_ref(), now)
            .map_err(|rejection| Refusal::of(rejection, coupon))?;
        let key = purchase_key(&coupon.id, &purchase.order.id);
        if let Some(code) = unique.filter(|code| !code.is_available(&key, now)) {
            return Err(Refusal::of_code(code, now));
        }
        may_combine(coupon, accepted.iter())?;
        Ok(price)
    }
}

async fn apply_one(
    store: &impl Holds,
    case: Case<'_>,
    mut coupon: Coupon,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Result<Application, Refusal>, StoreError> {
    let purchase = case.purchase;
    for _ in 0..ATTEMPTS {
        let is_all_used_or_held = coupon.held > 0 && coupon.remaining.is_some_and(|remaining| remaining <= 0);
        let owns_a_hold = is_all_used_or_held && holds_one(store, &coupon, purchase, now).await?;
        if is_all_used_or_held && !owns_a_hold {
            // What the order held when the coupon was read may have been given back since.
            coupon = store.coupon(&coupon.id).await?.unwrap_or(coupon);
        }
        let price = match case.decide(&coupon, owns_a_hold, now) {
            Ok(price) => price,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let (Some(most), Some(customer)) = (coupon.terms.max_redemptions_per_customer, &purchase.customer)
            && store.redeemed_by(&coupon.id, customer).await? >= most
        {
            return Ok(Err(Rejection::CustomerLimitReached.into()));
        }
        let application = Application::new(&coupon, purchase.clone(), price, now);
        if application.hold.is_none() {
            let snapshot = CouponSnapshot::from(&coupon);
            return store.record_application(&application, &snapshot, correlation_id).await.map(Ok);
        }
        match store.hold(&application, &coupon, now, correlation_id).await? {
            Held::Now(application) => return Ok(Ok(*application)),
            Held::Refused(current) => coupon = *current,
            Held::CodeTaken => return Ok(Err(Rejection::CodeAlreadyUsed.into())),
            Held::Changed => {}
        }
    }
    Err(StoreError::Busy { doing: "holding a redemption of a coupon that keeps changing" })
}

/// Whether the order holds a redemption.
async fn holds_one(
    store: &impl Holds,
    coupon: &Coupon,
    purchase: &Purchase,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let application = store.application_for_order(&coupon.id, &purchase.order.id).await?;
    Ok(application.is_some_and(|application| application.running_hold(now).is_some()))
}

/// Takes a code off an order: removes the application and gives back what it holds. Fires nothing. False where there is
/// no such application.
///
/// # Errors
/// Where the store fails or stays too busy.
pub async fn remove(store: &impl Holds, id: &ApplicationId) -> Result<bool, StoreError> {
    let doing = "removing an application";
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(id).await? else { return Ok(false) };
        let Some(coupon) = store.coupon(&application.coupon_id).await? else {
            return Err(StoreError::Damaged { doing, detail: format!("application {id} is of a coupon that is gone") });
        };
        if store.remove_application(&application, &coupon).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing })
}
