//! Converts records of the table's stream into changes.

use aws_lambda_events::dynamodb::EventRecord;
use couponflow_app::events::relay::Record;
use couponflow_domain::events::outbox::{Change, application_changes, coupon_changes};
use serde::de::DeserializeOwned;
use serde_dynamo::Item;

use crate::dynamo::engine::instant::instant;
use crate::dynamo::{ApplicationItem, CounterItem, ErasureItem, RejectionItem, TimerItem, UniqueCodeItem};

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
            let old: Option<CounterItem> = optional_image(old)?;
            let changes = coupon_changes(old.map(|old| old.image()).as_ref(), &new.image());
            Ok(Some(Record { tenant_id: new.tenant_id, changes }))
        }
        Some("APPLICATION") => {
            let new: ApplicationItem = image(new)?;
            let old: Option<ApplicationItem> = optional_image(old)?;
            let (old, new) = (old.map(ApplicationItem::image), new.image());
            let changes = application_changes(old.as_ref(), &new);
            Ok(Some(Record { tenant_id: new.tenant_id, changes }))
        }
        Some("CODE_REDEEMED") => {
            let UniqueCodeItem { redemption, tenant_id, correlation_id, .. } = image(new)?;
            let (Some(redemption), Some(tenant_id)) = (redemption.map(|stored| Box::new(stored.into())), tenant_id)
            else {
                return Err(DamagedRecord("redemption or tenant_id of a redeemed code in the stream record"));
            };
            Ok(Some(Record { tenant_id, changes: vec![Change::CodeRedeemed { redemption, correlation_id }] }))
        }
        Some("REJECTION") if old.is_empty() => {
            let RejectionItem { tenant_id, attempt, coupon, .. } = image(new)?;
            let rejected = Change::Rejected {
                coupon: coupon.map(|stored| Box::new(stored.into())),
                attempt: Box::new(attempt.into()),
            };
            Ok(Some(Record { tenant_id, changes: vec![rejected] }))
        }
        Some("ERASURE") if old.is_empty() => {
            let ErasureItem { tenant_id, contact_id, completed_at_ms, .. } = image(new)?;
            let erased = Change::ContactErased { contact_id, completed_at: instant(completed_at_ms) };
            Ok(Some(Record { tenant_id, changes: vec![erased] }))
        }
        // Only the creation of a timer item sets a timer. Later updates mark the timer as resent or
        // listed.
        Some("TIMER") if old.is_empty() => {
            let new: TimerItem = image(new)?;
            Ok(Some(Record { tenant_id: new.tenant_id, changes: vec![Change::TimerSet(new.timer.into())] }))
        }
        _ => Ok(None),
    }
}

/// Parses the image of an item before a write, which is empty for a new item.
fn optional_image<T: DeserializeOwned>(item: Item) -> Result<Option<T>, DamagedRecord> {
    if item.is_empty() { Ok(None) } else { image(item).map(Some) }
}

fn image<T: DeserializeOwned>(item: Item) -> Result<T, DamagedRecord> {
    serde_dynamo::from_item(item).map_err(|_| DamagedRecord("an item image in the stream record"))
}
