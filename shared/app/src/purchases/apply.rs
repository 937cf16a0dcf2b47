//! Applies codes: prices an order and records the applications. Consumes no redemption. If the request asks for a hold,
//! reserves one redemption per code.

mod preview;

pub use preview::{Previewed, preview};

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId};
use couponflow_domain::purchases::decision::{Price, check_available};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{
    Application, ApplicationOwner, ApplicationToken, AttemptedOperation, Checkout, Maker, Purchase, RejectedAttempt,
};
use couponflow_domain::tenants::secret::TenantSecret;

use crate::coupons::ports::{Code, CouponStore};
use crate::kernel::error::StoreError;
use crate::purchases::code_rejection::CodeRejection;
use crate::purchases::code_request::CodeRequest;
use crate::purchases::ports::{HoldOutcome, PurchaseStore};

/// Maximum number of attempts per code. An attempt fails if a coupon or an application changes
/// concurrently.
const ATTEMPTS: usize = 4;

/// Who applies codes.
#[derive(Debug, Clone, Copy)]
pub struct Applicant<'a> {
    /// Secret of the tenant, which keys the ids of the applications.
    pub secret: &'a TenantSecret,
    pub maker: Maker,
    /// Token that the caller sent, or a new token. A new application gets this token.
    pub token: &'a ApplicationToken,
}

impl Applicant<'_> {
    fn owner(&self) -> ApplicationOwner {
        ApplicationOwner { maker: self.maker, token: Some(self.token.digest()) }
    }

    /// Whether the token of the application is the token of this caller, so that the caller may see it.
    pub fn has_token_of(&self, application: &Application) -> bool {
        application.owner.is_proven_by(&self.owner())
    }
}

/// Outcome of applying one code.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub code: CouponCode,
    /// Application of the code, or the reason for its rejection.
    pub outcome: Result<Application, CodeRejection>,
    /// Code of the backup coupon. Set if the coupon is used up, paused or expired, and offers an
    /// available backup coupon.
    pub backup: Option<CouponCode>,
}

/// Accepts or rejects each code, in request order, based on the current coupon and the order value
/// that the previous codes left. A rejected code does not stop the following codes. Records an
/// application for each accepted code, and the attempt for each rejected code. Each application
/// contains the order total after all codes.
///
/// Returns `None` if the order already has an application of one of the coupons that the caller may not replace. Earlier
/// codes of the request can be recorded in this case.
///
/// The stored application is the outbox entry of its event: the relay reads the application from
/// the table's stream and publishes the event.
///
/// # Errors
/// Returns an error if the store fails, or if coupons or applications keep changing. Applications
/// that were recorded before the error stay, and a repeated request returns them.
pub async fn apply(
    store: &impl PurchaseStore,
    checkout: &Checkout,
    applicant: &Applicant<'_>,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Option<Vec<Applied>>, StoreError> {
    let mut parts = Vec::with_capacity(checkout.codes.all().len());
    for code in checkout.codes.all() {
        parts.push(CodeState::find(store, checkout.purchase(code), applicant.maker, now).await?);
    }
    for _ in 0..ATTEMPTS * parts.len() {
        let decided = decide_all(&parts, applicant, now);
        match record(store, &mut parts, &decided, now, correlation_id).await? {
            Recorded::All => {
                return record_rejections(store, parts, decided, applicant.maker, now, correlation_id).await.map(Some);
            }
            Recorded::Conflict => {}
            Recorded::Denied => return Ok(None),
        }
    }
    Err(StoreError::Busy { doing: "applying codes whose coupons keep changing" })
}

/// One code of the request, with the data that has been read for the code so far.
struct CodeState {
    purchase: Purchase,
    coupon: Option<Coupon>,
    /// Last read state of the unique code. `None` for a shared code.
    unique: Option<UniqueCode>,
    /// Whether the order has a hold of the coupon.
    owns_a_hold: bool,
    /// Number of the customer's redemptions of the coupon. `None` if the number was not read.
    redeemed_by_customer: Option<i64>,
    /// Rejection that a conditional write caused.
    refused: Option<CodeRejection>,
    /// Application as stored.
    recorded: Option<Application>,
}

impl CodeState {
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
    async fn refresh(&mut self, store: &impl PurchaseStore, now: DateTime<Utc>) -> Result<(), StoreError> {
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
}

/// Decisions on the codes of a request.
struct Decided {
    outcomes: Vec<Result<Application, CodeRejection>>,
    /// Total discount of all accepted codes, in minor units.
    taken: i64,
}

/// Decides on each code, based on the data that has been read so far.
fn decide_all(parts: &[CodeState], applicant: &Applicant<'_>, now: DateTime<Utc>) -> Decided {
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

impl CodeState {
    fn decide(
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

    fn request<'a>(
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

/// Outcome of recording the applications of a request.
enum Recorded {
    All,
    /// A write conflicted, and the codes must be decided again.
    Conflict,
    /// The caller may not replace the order's application.
    Denied,
}

/// Records the applications with their holds. Applications that were recorded before a conflict
/// stay. An application is recorded again only if the next decision changes it.
async fn record(
    store: &impl PurchaseStore,
    parts: &mut [CodeState],
    decided: &Decided,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Recorded, StoreError> {
    for (part, outcome) in parts.iter_mut().zip(&decided.outcomes) {
        let (Some(coupon), Ok(application)) = (&part.coupon, outcome) else { continue };
        let is_new = part.recorded.as_ref().is_none_or(|recorded| recorded.fingerprint() != application.fingerprint());
        if !is_new {
            continue;
        }
        if application.hold.is_none() {
            let snapshot = CouponSnapshot::from(coupon);
            match store.record_application(application, &snapshot, correlation_id).await? {
                Some(recorded) => part.recorded = Some(recorded),
                None => return Ok(Recorded::Denied),
            }
            continue;
        }
        match store.hold(application, coupon, now, correlation_id).await? {
            HoldOutcome::Held(application) => part.recorded = Some(*application),
            HoldOutcome::CodeTaken => {
                part.refused = Some(Rejection::CodeAlreadyUsed.into());
                return Ok(Recorded::Conflict);
            }
            HoldOutcome::Rejected(current) => {
                part.coupon = Some(*current);
                part.refresh(store, now).await?;
                return Ok(Recorded::Conflict);
            }
            HoldOutcome::Denied => return Ok(Recorded::Denied),
            HoldOutcome::Changed => {
                part.refresh(store, now).await?;
                return Ok(Recorded::Conflict);
            }
        }
    }
    Ok(Recorded::All)
}

/// Records the rejections and returns the outcome of each code.
async fn record_rejections(
    store: &impl PurchaseStore,
    parts: Vec<CodeState>,
    decided: Decided,
    maker: Maker,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Vec<Applied>, StoreError> {
    let mut applied = Vec::with_capacity(parts.len());
    for (part, outcome) in parts.into_iter().zip(decided.outcomes) {
        let CodeState { purchase, coupon, recorded, redeemed_by_customer, .. } = part;
        let mut backup = None;
        let outcome = match outcome {
            Ok(application) => Ok(recorded.unwrap_or(application)),
            Err(rejection) => {
                let attempt = RejectedAttempt::new(
                    AttemptedOperation::Apply,
                    &purchase,
                    rejection.rejection,
                    now,
                    correlation_id,
                )
                .with_other_discounts(decided.taken);
                // A deleted coupon counts as nonexistent, so the attempt is recorded without a coupon.
                let coupon = coupon.filter(|coupon| coupon.state != State::Deleted);
                let is_hidden =
                    maker == Maker::Storefront && rejection.rejection.for_storefront() == Rejection::CouponNotFound;
                if is_hidden && redeemed_by_customer.is_none() {
                    hide_reads(store, &purchase).await?;
                }
                if let Some(coupon) = coupon.as_ref().filter(|_| !is_hidden) {
                    backup = backup_of(store, coupon, rejection.rejection, now).await?;
                }
                let attempt = if coupon.is_some() { attempt } else { attempt.with_unknown_code() };
                store.record_rejection(&attempt, coupon.as_ref().map(CouponSnapshot::from).as_ref()).await?;
                Err(rejection)
            }
        };
        applied.push(Applied { code: purchase.code, outcome, backup });
    }
    Ok(applied)
}

/// Reads the customer's counters of a coupon that does not exist. Every reason that a browser gets as *not found* takes
/// the same store calls, so that their duration does not reveal which codes exist.
async fn hide_reads(store: &impl PurchaseStore, purchase: &Purchase) -> Result<(), StoreError> {
    if let Some(customer) = &purchase.customer {
        store.redeemed_by(&no_coupon(&purchase.code), customer).await?;
    }
    Ok(())
}

/// Returns the id of a coupon that does not exist.
fn no_coupon(code: &CouponCode) -> CouponId {
    CouponId::new(DateTime::UNIX_EPOCH, code.bits())
}

/// Returns the code of the backup coupon, if all of these conditions hold:
///
/// - The coupon was rejected as used up, paused or expired.
/// - The terms of the coupon offer the backup coupon.
/// - The backup coupon is available.
async fn backup_of(
    store: &impl CouponStore,
    coupon: &Coupon,
    rejection: Rejection,
    now: DateTime<Utc>,
) -> Result<Option<CouponCode>, StoreError> {
    let is_offered = rejection.is_of_unavailable_coupon() && coupon.terms.offer_backup;
    let Some(backup) = coupon.terms.backup_coupon_id.as_ref().filter(|_| is_offered) else {
        return Ok(None);
    };
    let backup = store.coupon(backup).await?;
    let usable = backup.filter(|backup| backup.accepts_own_code() && check_available(backup, now).is_ok());
    Ok(usable.map(|backup| backup.terms.code))
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

/// Removes an application from its order and releases its hold. Emits no event. Returns false if the application does
/// not exist, or if `caller` may not remove it.
///
/// # Errors
/// Returns an error if the store fails, or if the application or the coupon keeps changing.
pub async fn remove(
    store: &impl PurchaseStore,
    id: &ApplicationId,
    caller: &ApplicationOwner,
) -> Result<bool, StoreError> {
    let doing = "removing an application";
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(id).await? else { return Ok(false) };
        if !application.owner.permits_removal_by(caller) {
            return Ok(false);
        }
        let Some(coupon) = store.coupon(&application.coupon_id).await? else {
            return Err(StoreError::damaged(doing, format!("the coupon of application {id} does not exist")));
        };
        if store.remove_application(&application, &coupon).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing })
}
