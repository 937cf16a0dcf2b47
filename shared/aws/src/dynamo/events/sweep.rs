//! Reads the changes that stored items prove, and stores the progress of the sweep.
//!
//! The items with changes have no common index: an index would cost every write of a redemption, an application or a
//! rejection additional write units. A scan reads keys and kinds only, because the role permits no other attributes. The
//! items themselves are then read by their keys, so that the role's denial of keys and signing secrets applies.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::Select;
use couponflow_app::events::ports::{CommittedChanges, CommittedPart, SweepProgress};
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_domain::events::outbox::{
    CommittedChange, CouponImage, Evidence, committed_by_application, committed_by_code, committed_by_coupon,
    committed_by_redemption, committed_by_rejection,
};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, EventId};
use couponflow_domain::purchases::Redemption;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use crate::dynamo::coupons::coupon_items::CounterItem;
use crate::dynamo::coupons::unique_codes::UniqueCodeItem;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, s, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::purchases::applications::ApplicationItem;
use crate::dynamo::purchases::redemptions::RedemptionItem;
use crate::dynamo::purchases::rejections::RejectionItem;
use crate::failure::failed;

/// Number of items that one part of the table has.
const PART: i32 = 500;

/// Kind of the item of a unique code whose redemption the relay has not counted.
const CODE_REDEEMED: &str = "CODE_REDEEMED";

/// Progress of the sweep.
#[derive(Debug, Serialize, Deserialize)]
struct SweepItem {
    started_at_ms: i64,
    /// Key of the last item that was read, as JSON. `None` at the start of a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    is_complete: bool,
    /// Tenants and ids of the events that an attempt began to publish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    begun: Vec<(TenantId, EventId)>,
    #[serde(default)]
    attempts: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_until_ms: Option<i64>,
    revision: i64,
}

impl Stored for SweepItem {
    const KIND: &'static str = "SWEEP";
}

impl From<&SweepProgress> for SweepItem {
    fn from(progress: &SweepProgress) -> Self {
        let SweepProgress { started_at, position, is_complete, begun, attempts, claimed_until, revision } =
            progress.clone();
        Self {
            started_at_ms: started_at.timestamp_millis(),
            position: position.map(|position| position.as_str().to_owned()),
            is_complete,
            begun,
            attempts,
            claimed_until_ms: claimed_until.map(|until| until.timestamp_millis()),
            revision: revision.get(),
        }
    }
}

impl From<SweepItem> for SweepProgress {
    fn from(item: SweepItem) -> Self {
        Self {
            started_at: instant(item.started_at_ms),
            position: item.position.map(Cursor::new),
            is_complete: item.is_complete,
            begun: item.begun,
            attempts: item.attempts,
            claimed_until: item.claimed_until_ms.map(instant),
            revision: Revision::new(item.revision),
        }
    }
}

/// Stored item that can prove changes.
enum Source {
    Coupon(Box<CounterItem>),
    Application(Box<ApplicationItem>),
    Redemption(TenantId, Box<Redemption>),
    Code(TenantId, Box<UniqueCodeItem>),
    Rejection(Box<RejectionItem>),
}

impl Source {
    /// Parses an item. Returns `None` if the item proves no change.
    fn parse(item: Item, doing: &'static str) -> Result<Option<Self>, StoreError> {
        let kind = item.get("kind").and_then(|kind| kind.as_s().ok()).cloned().unwrap_or_default();
        let is_counted = item.contains_key("counted");
        Ok(Some(match kind.as_str() {
            CounterItem::KIND => Self::Coupon(Box::new(from_item(item, doing)?)),
            ApplicationItem::KIND => Self::Application(Box::new(from_item(item, doing)?)),
            RedemptionItem::KIND => {
                let item: RedemptionItem = from_item(item, doing)?;
                Self::Redemption(item.tenant_id.clone(), Box::new(item.into()))
            }
            CODE_REDEEMED => {
                let item: UniqueCodeItem = from_item(item, doing)?;
                let Some(tenant_id) = item.tenant_id.clone() else {
                    return Err(StoreError::damaged(doing, "a redeemed code names no tenant"));
                };
                Self::Code(tenant_id, Box::new(item))
            }
            RejectionItem::KIND if !is_counted => Self::Rejection(Box::new(from_item(item, doing)?)),
            _ => return Ok(None),
        }))
    }

    /// Returns the key of the coupon on which the changes of a redemption depend.
    fn coupon(&self) -> Option<Key> {
        let key = |tenant: &TenantId, coupon: &CouponId| TenantKeys::new(tenant.clone()).counter(coupon);
        match self {
            Self::Redemption(tenant, redemption) => Some(key(tenant, &redemption.coupon_id)),
            Self::Code(tenant, item) => Some(key(tenant, &item.coupon_id)),
            Self::Coupon(_) | Self::Application(_) | Self::Rejection(_) => None,
        }
    }

    /// Returns the changes that the item proves. `coupon` is the coupon with the key [`Source::coupon`].
    fn changes(self, coupon: Option<&CouponImage>) -> (TenantId, Vec<CommittedChange>) {
        match self {
            Self::Coupon(item) => {
                let has_first_terms = item.terms_version == Revision::FIRST.get();
                let changes = committed_by_coupon(&item.tenant_id, &item.image(), has_first_terms);
                (item.tenant_id, changes)
            }
            Self::Application(item) => {
                let image = item.image();
                let changes = committed_by_application(&image);
                (image.tenant_id, changes)
            }
            Self::Redemption(tenant, redemption) => {
                let changes = coupon.map(|coupon| committed_by_redemption(&tenant, coupon, &redemption));
                (tenant, changes.unwrap_or_default())
            }
            Self::Code(tenant, item) => {
                let UniqueCodeItem { redemption, correlation_id, .. } = *item;
                let redemption = redemption.map(Redemption::from);
                let change = coupon
                    .zip(redemption)
                    .map(|(coupon, redemption)| committed_by_code(&tenant, coupon, redemption, correlation_id));
                (tenant, change.into_iter().collect())
            }
            Self::Rejection(item) => {
                let RejectionItem { tenant_id, attempt, coupon, .. } = *item;
                let change = committed_by_rejection(&tenant_id, coupon.map(Into::into), attempt.into());
                (tenant_id, vec![change])
            }
        }
    }
}

impl CommittedChanges for Table {
    async fn sweep_progress(&self) -> Result<Option<SweepProgress>, StoreError> {
        let item: Option<SweepItem> = self.get(keys::sweep_progress(), "reading the progress of the sweep").await?;
        Ok(item.map(SweepProgress::from))
    }

    async fn save_sweep_progress(&self, progress: &SweepProgress) -> Result<bool, StoreError> {
        let doing = "saving the progress of the sweep";
        let item = to_item(keys::sweep_progress(), &SweepItem::from(progress), doing)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR revision = :before")
            .expression_attribute_values(":before", n(progress.revision.previous().get()));
        match put.send().await.map_err(SdkError::into_service_error) {
            Ok(_) => Ok(true),
            Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }

    async fn committed_changes(&self, position: Option<&Cursor>) -> Result<CommittedPart, StoreError> {
        let doing = "reading committed changes";
        let start = position.map(|position| key_at(position, doing)).transpose()?;
        let part = self
            .client
            .scan()
            .table_name(&self.name)
            .limit(PART)
            .set_exclusive_start_key(start.map(Key::attributes))
            .select(Select::SpecificAttributes)
            .projection_expression("#pk, #sk")
            .filter_expression("#kind IN (:coupon, :application, :redemption, :code, :rejection)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":coupon", s(CounterItem::KIND))
            .expression_attribute_values(":application", s(ApplicationItem::KIND))
            .expression_attribute_values(":redemption", s(RedemptionItem::KIND))
            .expression_attribute_values(":code", s(CODE_REDEEMED))
            .expression_attribute_values(":rejection", s(RejectionItem::KIND))
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let next = part.last_evaluated_key().map(|last| position_of(last, doing)).transpose()?;
        let keys: Vec<Key> = part.items().iter().filter_map(Key::of).collect();
        let items = self.items(&keys, doing).await?;
        let parsed = keys.into_iter().zip(items).filter_map(|(key, item)| {
            let parsed = Source::parse(item?, doing);
            parsed.unwrap_or_else(|error| {
                tracing::error!(item.key = key.pk, error = %chain(&error), "The sweep skipped a damaged item");
                None
            })
        });
        let sources: Vec<Source> = parsed.collect();
        let coupons = self.coupon_images(&sources, doing).await?;
        let changes = sources.into_iter().flat_map(|source| {
            let coupon = source.coupon().and_then(|key| coupons.get(&key));
            let (tenant, changes) = source.changes(coupon);
            changes.into_iter().map(move |change| (tenant.clone(), change))
        });
        let examined = usize::try_from(part.scanned_count()).unwrap_or_default();
        Ok(CommittedPart { changes: changes.collect(), examined, next })
    }
}

impl Table {
    /// Reads the coupons on which the changes of redemptions depend. Leaves out coupons that do not exist or are damaged.
    async fn coupon_images(
        &self,
        sources: &[Source],
        doing: &'static str,
    ) -> Result<HashMap<Key, CouponImage>, StoreError> {
        let keys: Vec<Key> = sources.iter().filter_map(Source::coupon).collect();
        let items = self.items(&keys, doing).await?;
        let mut images = HashMap::new();
        for (key, item) in keys.into_iter().zip(items) {
            match item.map(|item| from_item::<CounterItem>(item, doing)).transpose() {
                Ok(Some(item)) => {
                    images.insert(key, item.image());
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(item.key = key.pk, error = %chain(&error), "The sweep skipped a damaged coupon");
                }
            }
        }
        Ok(images)
    }
}

impl TenantStore {
    /// Returns for each piece of evidence whether it exists, in order. A claim of a threshold counts if the event log
    /// contains the event that claimed the threshold.
    pub(crate) async fn evidence_exists(&self, evidence: &[Evidence]) -> Result<Vec<bool>, StoreError> {
        let doing = "searching for events in the event log";
        let key = |evidence: &Evidence| match evidence {
            Evidence::Event(id) => self.keys.event(id),
            Evidence::Threshold(coupon, epoch, threshold) => self.keys.threshold(coupon, *epoch, *threshold),
        };
        let keys: Vec<Key> = evidence.iter().map(key).collect();
        let items = self.table.items(&keys, doing).await?;
        let mut exists: Vec<bool> = items.iter().map(Option::is_some).collect();
        let (mut claims, mut events): (Vec<usize>, Vec<Key>) = Default::default();
        for (i, (evidence, item)) in evidence.iter().zip(items).enumerate() {
            let event = item.as_ref().and_then(|item| EventId::parse(item.get("event_id")?.as_s().ok()?).ok());
            if let (Evidence::Threshold(..), Some(event)) = (evidence, event) {
                claims.push(i);
                events.push(self.keys.event(&event));
            }
        }
        for (i, event) in claims.into_iter().zip(self.table.items(&events, doing).await?) {
            exists[i] = event.is_some();
        }
        Ok(exists)
    }
}

/// Converts the last key of a part to a position.
fn position_of(last: &Item, doing: &'static str) -> Result<Cursor, StoreError> {
    let key = Key::of(last).ok_or_else(|| StoreError::damaged(doing, "the last key is incomplete"))?;
    let text = serde_json::to_string(&(key.pk, key.sk)).map_err(|error| failed(doing)(error.into()))?;
    Ok(Cursor::new(text))
}

fn key_at(position: &Cursor, doing: &'static str) -> Result<Key, StoreError> {
    let (pk, sk): (String, String) =
        serde_json::from_str(position.as_str()).map_err(|error| StoreError::damaged(doing, error))?;
    Ok(Key::new(pk, sk))
}
