//! Work that the records of one subject need before their events can be built. It is done for all records of the subject
//! together: redemptions get their sequence numbers, and attempts with codes that belong to no coupon are counted.

use std::collections::HashMap;

use couponflow_domain::events::outbox::Groundwork as Needed;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::{Redemption, RejectedAttempt};
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::record::Record;
use crate::events::ports::{EventStore, NumberedRedemption};
use crate::kernel::error::StoreError;
use crate::kernel::guard::{guarded, isolated};

const NUMBERING: &str = "numbering redemptions";
const COUNTING: &str = "counting rejections";

/// Maximum number of redemptions of one subject that are numbered concurrently.
const CONCURRENCY: usize = 16;

/// Result of the groundwork of one subject. An error concerns a single redemption or attempt.
#[derive(Debug, Default)]
pub(super) struct Groundwork {
    /// Redemptions of unique codes.
    codes: HashMap<RedemptionId, Result<NumberedRedemption, StoreError>>,
    /// Redemptions of shared codes, with the correlation ids of their requests.
    redemptions: HashMap<RedemptionId, Result<(Redemption, Option<CorrelationId>), StoreError>>,
    /// Errors of the attempts that could not be counted, by their correlation ids and codes.
    uncounted: HashMap<(CorrelationId, String), StoreError>,
}

impl Groundwork {
    /// Does the groundwork of the records of one subject. A corrupt redemption or attempt fails alone.
    pub(super) async fn of<'a>(store: &impl EventStore, records: impl Iterator<Item = &'a Record>) -> Self {
        let mut codes: Vec<(Redemption, Option<CorrelationId>)> = Vec::new();
        let mut redeemed: Vec<(&CouponId, &RedemptionId, Option<RedemptionNumber>, bool)> = Vec::new();
        let mut attempts: Vec<RejectedAttempt> = Vec::new();
        for change in records.flat_map(|record| &record.changes) {
            match change.groundwork() {
                Needed::NumberCode { redemption, correlation_id } => {
                    codes.push((redemption.clone(), correlation_id.cloned()));
                }
                Needed::Number { coupon_id, redemption_id, number, has_abandonment_window } => {
                    redeemed.push((coupon_id, redemption_id, Some(number), has_abandonment_window));
                }
                Needed::NumberAnew { coupon_id, redemption_id, has_abandonment_window } => {
                    redeemed.push((coupon_id, redemption_id, None, has_abandonment_window));
                }
                Needed::Count(attempt) => attempts.push(attempt.clone()),
                Needed::Nothing => {}
            }
        }
        let numbered = redeemed.into_iter().map(async |(coupon_id, id, number, has_window)| {
            let numbered = guarded(number_redemption(store, coupon_id, id, number, has_window)).await;
            (id.clone(), numbered.unwrap_or(Err(StoreError::Panicked { doing: NUMBERING })))
        });
        Self {
            redemptions: stream::iter(numbered).buffer_unordered(CONCURRENCY).collect().await,
            codes: number_codes(store, &codes).await,
            uncounted: count_attempts(store, &attempts).await,
        }
    }

    /// Returns a redemption of a shared code after it was numbered, and the correlation id of its request.
    ///
    /// # Errors
    /// Returns an error if the redemption could not be numbered.
    pub(super) fn redemption(&self, id: &RedemptionId) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        self.redemptions.get(id).cloned().ok_or_else(|| unknown(id))?
    }

    /// Returns a redemption of a unique code after it was numbered.
    ///
    /// # Errors
    /// Returns an error if the redemption could not be numbered.
    pub(super) fn code(&self, id: &RedemptionId) -> Result<NumberedRedemption, StoreError> {
        self.codes.get(id).cloned().ok_or_else(|| unknown(id))?
    }

    /// Returns an error if the attempt could not be counted.
    pub(super) fn counted(&self, attempt: &RejectedAttempt) -> Result<(), StoreError> {
        self.uncounted.get(&key(attempt)).cloned().map_or(Ok(()), Err)
    }
}

fn unknown(id: &RedemptionId) -> StoreError {
    StoreError::damaged(NUMBERING, format!("redemption {id} is not a redemption of the record's coupon"))
}

fn key(attempt: &RejectedAttempt) -> (CorrelationId, String) {
    (attempt.correlation_id.clone(), attempt.code.as_str().to_owned())
}

/// Numbers a redemption of a shared code. `number` is `None` if the stream record with the number was lost.
async fn number_redemption(
    store: &impl EventStore,
    coupon_id: &CouponId,
    id: &RedemptionId,
    number: Option<RedemptionNumber>,
    has_abandonment_window: bool,
) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
    let (redemption, correlation_id) = match number {
        Some(number) => store.number_redemption(id, number).await?,
        None => store.number_anew(coupon_id, id).await?,
    };
    record_customer(store, coupon_id, &redemption, has_abandonment_window).await?;
    Ok((redemption, correlation_id))
}

/// Records the time of the customer's last redemption, which ends the customer's abandonment windows.
async fn record_customer(
    store: &impl EventStore,
    coupon_id: &CouponId,
    redemption: &Redemption,
    has_abandonment_window: bool,
) -> Result<(), StoreError> {
    match redemption.customer.as_ref().filter(|_| has_abandonment_window) {
        Some(customer) => store.record_last_redemption(coupon_id, customer, redemption.created_at).await,
        None => Ok(()),
    }
}

/// Numbers redemptions of one coupon's unique codes together. The redemption of a unique code can be committed without a
/// sequence number, because its write does not change the coupon's counter.
async fn number_codes(
    store: &impl EventStore,
    redeemed: &[(Redemption, Option<CorrelationId>)],
) -> HashMap<RedemptionId, Result<NumberedRedemption, StoreError>> {
    let Some((first, _)) = redeemed.first() else { return HashMap::new() };
    let number = async |part: &[_]| store.number_code_redemptions(&first.coupon_id, part).await;
    let mut numbered = HashMap::new();
    for (part, outcome) in isolated(redeemed, NUMBERING, number).await {
        match outcome {
            Ok(outcome) => numbered.extend(outcome.into_iter().map(|one| (one.redemption.id.clone(), Ok(one)))),
            Err(error) => {
                let ids = redeemed[part].iter().map(|(redemption, _)| redemption.id.clone());
                numbered.extend(ids.map(|id| (id, Err(error.clone()))));
            }
        }
    }
    let recorded = numbered.into_iter().map(async |(id, numbered)| {
        let Ok(one) = numbered else { return (id, numbered) };
        let record = record_customer(store, &one.coupon.id, &one.redemption, one.has_abandonment_window);
        let recorded = guarded(record).await.unwrap_or(Err(StoreError::Panicked { doing: NUMBERING }));
        (id, recorded.map(|()| one))
    });
    stream::iter(recorded).buffer_unordered(CONCURRENCY).collect().await
}

/// Counts attempts with codes that belong to no coupon. Returns the errors of the attempts that were not counted.
async fn count_attempts(
    store: &impl EventStore,
    attempts: &[RejectedAttempt],
) -> HashMap<(CorrelationId, String), StoreError> {
    let counted = isolated(attempts, COUNTING, async |part: &[_]| store.count_rejections(part).await).await;
    let failed = counted.into_iter().filter_map(|(part, outcome)| Some((part, outcome.err()?)));
    failed.flat_map(|(part, error)| attempts[part].iter().map(move |one| (key(one), error.clone()))).collect()
}
