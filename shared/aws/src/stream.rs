//! Converts records of the table's stream into changes.

use aws_lambda_events::dynamodb::EventRecord;
use couponflow_app::events::relay::{Change, Record};
use couponflow_domain::coupons::coupon::{State, Threshold};
use couponflow_domain::purchases::Application;
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde::de::DeserializeOwned;
use serde_dynamo::Item;

use crate::dynamo::engine::instant::instant;
use crate::dynamo::{ApplicationItem, CounterItem, Notice, RejectionItem, TimerItem, UniqueCodeItem};

/// Error for a stream record that cannot be parsed. Names the invalid part, but does not show its
/// content, because the content can be personal data.
#[derive(Debug, thiserror::Error)]
#[error("{0} could not be parsed")]
pub struct DamagedRecord(&'static str);

/// Parses one stream record from the JSON of the Lambda event. Returns `None` if this kind of item,
/// or this kind of write, yields no changes.
///
/// # Errors
/// Returns an error if the value is not a stream record, or if an image of a relevant item kind
/// cannot be parsed.
pub fn read(record: serde_json::Value) -> Result<Option<Record>, DamagedRecord> {
    let record: EventRecord = serde_json::from_value(record).map_err(|_| DamagedRecord("the stream record"))?;
    let (old, new) = (record.change.old_image, record.change.new_image);
    let kind = new.get("kind").and_then(|kind| match kind {
        serde_dynamo::AttributeValue::S(kind) => Some(kind.clone()),
        _ => None,
    });
    match kind.as_deref() {
        Some("COUPON") => {
            let new: CounterItem = image(new)?;
            let changes = if old.is_empty() { Vec::new() } else { coupon_changes(&image(old)?, &new) };
            Ok(Some(Record { tenant_id: new.tenant_id, changes }))
        }
        Some("APPLICATION") => {
            let new: ApplicationItem = image(new)?;
            let old: Option<ApplicationItem> = if old.is_empty() { None } else { Some(image(old)?) };
            Ok(Some(Record { tenant_id: new.tenant_id.clone(), changes: application_changes(old.as_ref(), &new) }))
        }
        Some("CODE_REDEEMED") => {
            let UniqueCodeItem { redemption, tenant_id, correlation_id, .. } = image(new)?;
            let (Some(redemption), Some(tenant_id)) = (redemption.map(Box::new), tenant_id) else {
                return Err(DamagedRecord("redemption or tenant_id of a redeemed code in the stream record"));
            };
            Ok(Some(Record { tenant_id, changes: vec![Change::CodeRedeemed { redemption, correlation_id }] }))
        }
        Some("REJECTION") if old.is_empty() => {
            let RejectionItem { tenant_id, attempt, coupon, .. } = image(new)?;
            let rejected = Change::Rejected { coupon: coupon.map(Box::new), attempt: Box::new(attempt) };
            Ok(Some(Record { tenant_id, changes: vec![rejected] }))
        }
        // Only the creation of a timer item sets a timer. Later updates mark the timer as resent or
        // listed.
        Some("TIMER") if old.is_empty() => {
            let new: TimerItem = image(new)?;
            Ok(Some(Record { tenant_id: new.tenant_id, changes: vec![Change::TimerSet(new.timer)] }))
        }
        _ => Ok(None),
    }
}

fn image<T: DeserializeOwned>(item: Item) -> Result<T, DamagedRecord> {
    serde_dynamo::from_item(item).map_err(|_| DamagedRecord("an item image in the stream record"))
}

/// Derives the changes of an application from a write: a new price, a timer for the abandonment window, an expired hold
/// or an abandonment.
fn application_changes(old: Option<&ApplicationItem>, new: &ApplicationItem) -> Vec<Change> {
    let (coupon, application) = (Box::new(new.coupon.clone()), Box::new(Application::from(new.clone())));
    let (revision, correlation_id) = (new.revision, new.correlation_id.clone());
    let new_in = |field: fn(&ApplicationItem) -> Option<i64>| field(new).filter(|ms| old.and_then(field) != Some(*ms));
    let mut changes = Vec::new();
    if let Some(due_at) = new_in(|item| item.abandonment_due_ms).map(instant) {
        let purpose = Purpose::Abandonment { application_id: new.application_id.clone() };
        changes.push(Change::TimerNeeded(Timer { tenant_id: new.tenant_id.clone(), due_at, purpose }));
    }
    if let Some(due_at) = new_in(|item| item.abandoned_at_ms).map(instant) {
        let (coupon, application, correlation_id) = (coupon.clone(), application.clone(), correlation_id.clone());
        changes.push(Change::Abandoned { coupon, application, due_at, correlation_id });
    }
    if let Some(expired_at) = new_in(|item| item.hold_expired_at_ms) {
        let (coupon, application, correlation_id) = (coupon.clone(), application.clone(), correlation_id.clone());
        changes.push(Change::HoldExpired { coupon, application, expired_at: instant(expired_at), correlation_id });
    }
    if revision > old.map_or(0, |old| old.revision) {
        changes.push(Change::Applied { coupon, application, revision, correlation_id });
    }
    changes
}

/// Derives the changes of a coupon from a write. A write of a redeem request counts one redemption,
/// so the new image has the sequence number of that redemption. A write reaches the limit if the
/// coupon was not full before the write and is full after it. A coupon is full if `times_redeemed`
/// is at least the limit.
fn coupon_changes(old: &CounterItem, new: &CounterItem) -> Vec<Change> {
    let coupon = || Box::new(new.snapshot());
    let mut changes = Vec::new();
    let counted_here = |item: &CounterItem| item.redemption_seq - item.code_seq;
    let redeemed = new.last_redemption.clone().filter(|_| counted_here(new) > counted_here(old));
    let (at, correlation_id) = match redeemed {
        Some(_) => (new.last_redeemed_at_ms.unwrap_or(new.updated_at_ms), new.last_correlation_id.clone()),
        None => (new.updated_at_ms, None),
    };
    let at = instant(at);
    if let Some(redemption_id) = redeemed {
        let (number, has_abandonment_window) = (new.redemption_seq, new.notes_customers);
        changes.push(Change::Redeemed { coupon: coupon(), redemption_id, number, has_abandonment_window });
    }
    if new.rollback_seq > old.rollback_seq
        && let Some(redemption_id) = new.last_rollback.clone()
    {
        changes.push(Change::RolledBack { coupon: coupon(), redemption_id });
    }
    let limit_epoch = new.limit_epoch;
    let reached = |item: &CounterItem, threshold: Threshold| {
        item.max_redemptions.is_some_and(|limit| threshold.is_reached(item.times_redeemed, limit))
    };
    for &threshold in new.thresholds.iter().filter(|t| reached(new, **t) && !reached(old, **t)) {
        let correlation_id = correlation_id.clone();
        changes.push(Change::ThresholdReached { coupon: coupon(), threshold, limit_epoch, at, correlation_id });
    }
    let is_full = |item: &CounterItem| item.max_redemptions.is_some_and(|max| item.times_redeemed >= max);
    if is_full(new) && !is_full(old) {
        changes.push(Change::LimitReached { coupon: coupon(), limit_epoch, at, correlation_id });
    }
    if let Some(Notice { lead, expires_at_ms }) = new.last_notice.clone().filter(|_| new.last_notice != old.last_notice)
    {
        changes.push(Change::Expiring { coupon: coupon(), lead, expires_at: instant(expires_at_ms) });
    }
    if old.state == State::Active
        && new.state == State::Expired
        && let Some(expires_at_ms) = new.expires_at_ms
    {
        changes.push(Change::Expired { coupon: coupon(), expires_at: instant(expires_at_ms) });
    }
    changes
}
