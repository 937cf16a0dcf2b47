//! Applying codes: price an order and record the applications. Consumes nothing; reserves redemptions where a hold is
//! asked for.

use chrono::{DateTime, Utc};
use couponflow_domain::code::{CouponCode, UniqueCode};
use couponflow_domain::coupon::{Coupon, State};
use couponflow_domain::decision::{Price, availability};
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::{ApplicationId, CouponId};
use couponflow_domain::pricing::Remainder;
use couponflow_domain::purchase::{Application, Attempt, Checkout, Operation, Purchase};
use couponflow_domain::rejection::Rejection;

use crate::code_rejection::CodeRejection;
use crate::code_request::CodeRequest;
use crate::error::StoreError;
use crate::ports::{Code, Held, Holds, ReadCoupons, Rejections};

/// How often it is tried again because the coupon or the application changed in between.
const ATTEMPTS: usize = 4;

/// What came of one code.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The code.
    pub code: CouponCode,
    /// Its application, or why there is none.
    pub outcome: Result<Application, CodeRejection>,
    /// Where it is refused for good and the coupon says so: the code of the coupon that takes its place.
    pub backup: Option<CouponCode>,
}

/// Decides on each code in the order of the list, on the coupon as it is now and on what the codes before it left of the
/// order, and then records the applications: each states what the order costs after all of them. The stored application
/// is the event: the relay publishes it. A rejection of one code stands in the way of none behind it, and is recorded too.
///
/// # Errors
/// Where the store fails or stays too busy; what was recorded until then stays, and asking again finds it.
pub async fn apply(
    store: &(impl Holds + Rejections),
    checkout: &Checkout,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Vec<Applied>, StoreError> {
    let mut parts = Vec::with_capacity(checkout.codes.all().len());
    for code in checkout.codes.all() {
        parts.push(Part::find(store, checkout.purchase(code), now).await?);
    }
    for _ in 0..ATTEMPTS * parts.len() {
        let decided = decide_all(&parts, now);
        if record(store, &mut parts, &decided, now, correlation_id).await? {
            return tell(store, parts, decided, now, correlation_id).await;
        }
    }
    Err(StoreError::Busy { doing: "applying codes whose coupons keep changing" })
}

/// One code of the request, and what is known of it so far.
struct Part {
    purchase: Purchase,
    coupon: Option<Coupon>,
    /// Where it is a unique code: as it was read.
    unique: Option<UniqueCode>,
    /// Whether the order holds one of the coupon's redemptions.
    owns_a_hold: bool,
    /// Whether the customer has used every redemption permitted to one customer.
    is_share_used: bool,
    /// Why a write refused it for good.
    refused: Option<CodeRejection>,
    /// The application as it is stored, once it is.
    recorded: Option<Application>,
}

impl Part {
    async fn find(store: &impl Holds, purchase: Purchase, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let (coupon, unique) = find(store, &purchase.code).await?;
        let (owns_a_hold, is_share_used, refused, recorded) = (false, false, None, None);
        let mut part = Self { purchase, coupon, unique, owns_a_hold, is_share_used, refused, recorded };
        part.apply_conflict(store, now).await?;
        Ok(part)
    }

    /// Learns what the order and its customer have of the coupon already.
    async fn apply_conflict(&mut self, store: &impl Holds, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(coupon) = &self.coupon else { return Ok(()) };
        let id = coupon.id.clone();
        let is_all_used_or_held = coupon.held > 0 && coupon.remaining.is_some_and(|remaining| remaining <= 0);
        self.owns_a_hold = is_all_used_or_held && holds_one(store, &id, &self.purchase, now).await?;
        if is_all_used_or_held && !self.owns_a_hold {
            // What the order held when the coupon was read may have been given back since.
            self.coupon = store.coupon(&id).await?.or(self.coupon.take());
        }
        let most = self.coupon.as_ref().and_then(|coupon| coupon.terms.max_redemptions_per_customer);
        self.is_share_used = match (most, &self.purchase.customer) {
            (Some(most), Some(customer)) => store.redeemed_by(&id, customer).await? >= most,
            _ => false,
        };
        Ok(())
    }
}

/// What comes of the codes of a request.
struct Decided {
    outcomes: Vec<Result<Application, CodeRejection>>,
    /// Minor units that all of them take off.
    taken: i64,
}

/// Decides on each code, by what is known of them.
fn decide_all(parts: &[Part], now: DateTime<Utc>) -> Decided {
    let mut outcomes = Vec::with_capacity(parts.len());
    let mut accepted: Vec<&Coupon> = Vec::new();
    let mut left: Option<Remainder> = None;
    for part in parts {
        let left = left.get_or_insert_with(|| Remainder::of(&part.purchase.order));
        outcomes.push(part.decide(left, &accepted, parts.len() == 1, now).map(|(coupon, price)| {
            left.take(&price.discount);
            accepted.push(coupon);
            Application::new(coupon, part.purchase.clone(), price, now)
        }));
    }
    let taken = left.map_or(0, |left| left.taken());
    let among = |outcome: Result<Application, CodeRejection>| outcome.map(|application| application.among(taken));
    Decided { outcomes: outcomes.into_iter().map(among).collect(), taken }
}

impl Part {
    fn decide(
        &self,
        left: &Remainder,
        accepted: &[&Coupon],
        is_only_code: bool,
        now: DateTime<Utc>,
    ) -> Result<(&Coupon, Price), CodeRejection> {
        let Self { purchase, coupon, unique, owns_a_hold, is_share_used, refused, recorded: _ } = self;
        let coupon = coupon.as_ref().ok_or(Rejection::CouponNotFound)?;
        let (unique, owns_a_hold) = (unique.as_ref(), *owns_a_hold);
        let price = CodeRequest { purchase, coupon, unique, owns_a_hold, left, accepted, is_only_code }.decide(now)?;
        match refused {
            Some(refused) => Err(*refused),
            None if *is_share_used => Err(Rejection::CustomerLimitReached.into()),
            None => Ok((coupon, price)),
        }
    }
}

/// Records the applications, with their holds. False where a write found that one of them has to be decided anew; those
/// before it are recorded then, and recorded again where that changes what the order costs.
async fn record(
    store: &impl Holds,
    parts: &mut [Part],
    decided: &Decided,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<bool, StoreError> {
    for (part, outcome) in parts.iter_mut().zip(&decided.outcomes) {
        let (Some(coupon), Ok(application)) = (&part.coupon, outcome) else { continue };
        let is_new = part.recorded.as_ref().is_none_or(|recorded| recorded.fingerprint() != application.fingerprint());
        if !is_new {
            continue;
        }
        if application.hold.is_none() {
            let snapshot = CouponSnapshot::from(coupon);
            part.recorded = Some(store.record_application(application, &snapshot, correlation_id).await?);
            continue;
        }
        match store.hold(application, coupon, now, correlation_id).await? {
            Held::Now(application) => part.recorded = Some(*application),
            Held::CodeTaken => {
                part.refused = Some(Rejection::CodeAlreadyUsed.into());
                return Ok(false);
            }
            Held::Refused(current) => {
                part.coupon = Some(*current);
                part.apply_conflict(store, now).await?;
                return Ok(false);
            }
            Held::Changed => {
                part.apply_conflict(store, now).await?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Records the rejections, and answers with what came of each code.
async fn tell(
    store: &(impl ReadCoupons + Rejections),
    parts: Vec<Part>,
    decided: Decided,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Vec<Applied>, StoreError> {
    let mut applied = Vec::with_capacity(parts.len());
    for (part, outcome) in parts.into_iter().zip(decided.outcomes) {
        let Part { purchase, coupon, recorded, .. } = part;
        let mut backup = None;
        let outcome = match outcome {
            Ok(application) => Ok(recorded.unwrap_or(application)),
            Err(rejection) => {
                let attempt = Attempt::new(Operation::Apply, &purchase, rejection.rejection, now, correlation_id)
                    .beside(decided.taken);
                // A deleted coupon is gone for everyone: the attempt is one on a code of no coupon.
                let coupon = coupon.filter(|coupon| coupon.state != State::Deleted);
                if let Some(coupon) = &coupon {
                    backup = backup_of(store, coupon, rejection.rejection, now).await?;
                }
                store.record_rejection(&attempt, coupon.as_ref().map(CouponSnapshot::from).as_ref()).await?;
                Err(rejection)
            }
        };
        applied.push(Applied { code: purchase.code, outcome, backup });
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
    let usable = backup.filter(|backup| backup.takes_its_own_code() && availability(backup, now).is_ok());
    Ok(usable.map(|backup| backup.terms.code))
}

/// The coupon of a code, and where that is a unique one, what became of it.
async fn find(store: &impl ReadCoupons, code: &CouponCode) -> Result<(Option<Coupon>, Option<UniqueCode>), StoreError> {
    Ok(match store.code(code).await? {
        Some(Code::Unique(code)) => (store.coupon(&code.coupon_id).await?, Some(*code)),
        Some(Code::Shared(id)) => (store.coupon(&id).await?.filter(Coupon::takes_its_own_code), None),
        None => (None, None),
    })
}

/// Whether the order holds a redemption.
async fn holds_one(
    store: &impl Holds,
    coupon_id: &CouponId,
    purchase: &Purchase,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let application = store.application_for_order(coupon_id, &purchase.order.id).await?;
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
