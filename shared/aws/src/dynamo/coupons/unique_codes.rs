//! Stores unique codes: one item per code, listed by coupon through the index.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, UniqueCode};
use couponflow_domain::coupons::job::Job;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, s, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::dynamo::purchases::stored_redemption::StoredRedemption;
use crate::failure::failed;

/// Minimum number of codes that one call reads while it searches for codes with a status.
const MIN_READ: usize = 100;

/// Maximum number of codes that one call examines. If few of the codes match, the page is short and has a cursor.
const MAX_EXAMINED: usize = 1000;

/// Item of a unique code. The item stays well below 1 KB, so that writing a redemption into the item costs one write
/// unit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UniqueCodeItem {
    pub(crate) coupon_id: CouponId,
    pub(crate) code: CouponCode,
    /// Always true. Items of shared codes have keys of the same form, but lack this attribute and
    /// the following attributes.
    unique: bool,
    job_id: JobId,
    job_index: i64,
    created_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redemption_id: Option<RedemptionId>,
    /// Order that the code was redeemed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_id: Option<String>,
    /// Key of the application that holds the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_until_ms: Option<i64>,
    /// Redemption that the relay has not counted yet. `tenant_id` and `correlation_id` belong to
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redemption: Option<StoredRedemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_id: Option<TenantId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) correlation_id: Option<CorrelationId>,
    gsi1pk: String,
    gsi1sk: String,
}

impl Stored for UniqueCodeItem {
    const KIND: &'static str = "CODE";
}

impl From<UniqueCodeItem> for UniqueCode {
    fn from(item: UniqueCodeItem) -> Self {
        Self {
            code: item.code,
            coupon_id: item.coupon_id,
            created_at: instant(item.created_at_ms),
            redeemed_at: item.redeemed_at_ms.map(instant),
            redemption_id: item.redemption_id,
            held: item.held_for.zip(item.hold_until_ms.map(instant)),
        }
    }
}

impl TenantStore {
    pub(crate) async fn issue_code(
        &self,
        code: &CouponCode,
        job: &Job,
        place: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "issuing a code";
        let item = UniqueCodeItem {
            coupon_id: job.coupon_id.clone(),
            code: code.clone(),
            unique: true,
            job_id: job.id.clone(),
            job_index: place,
            created_at_ms: now.timestamp_millis(),
            redeemed_at_ms: None,
            redemption_id: None,
            order_id: None,
            held_for: None,
            hold_until_ms: None,
            redemption: None,
            tenant_id: None,
            correlation_id: None,
            gsi1pk: self.keys.codes(&job.coupon_id),
            gsi1sk: code.as_str().to_owned(),
        };
        // Does not overwrite an existing item, even if the same job created it: the code may have
        // been redeemed since then.
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let put = self.table.put_new(to_item(self.keys.code(code), &item, doing)?);
        let put = put.return_values_on_condition_check_failure(all_old).element(doing)?;
        match self.table.transact(vec![put], doing).await? {
            Transacted::Committed => Ok(true),
            Transacted::Cancelled(mut cancellation) => {
                Ok(cancellation.item_at(0).is_some_and(|stored| is_of(&stored, job, place)))
            }
        }
    }

    pub(crate) async fn unique_codes(
        &self,
        coupon: &CouponId,
        status: Option<CodeStatus>,
        page: &PageRequest,
    ) -> Result<Page<UniqueCode>, StoreError> {
        let doing = "listing unique codes";
        let mut found = Page::new(Vec::new(), None);
        let mut last = page.cursor.clone();
        let mut examined = 0;
        loop {
            let wanted = page.limit + 1 - found.data.len();
            let limit = if status.is_some() { wanted.max(MIN_READ) } else { wanted }.min(MAX_EXAMINED);
            let (keys, more) = self.code_keys(coupon, last.as_ref().map(Cursor::as_str), limit, doing).await?;
            let (codes, keys): (Vec<String>, Vec<Key>) = keys.into_iter().unzip();
            let items = self.table.items(&keys, doing).await?;
            for (code, item) in codes.into_iter().zip(items) {
                examined += 1;
                let code_item = item.map(|item| from_item::<UniqueCodeItem>(item, doing)).transpose();
                let read = code_item.map(|item| item.map(UniqueCode::from));
                let read = read.map(|read| read.filter(|of| status.is_none_or(|status| of.status() == status)));
                if matches!(read, Ok(Some(_))) && found.data.len() == page.limit {
                    found.next_cursor = last;
                    return Ok(found);
                }
                found.push_readable(read, "codes of a coupon")?;
                last = Some(Cursor::new(code));
            }
            if !more {
                return Ok(found);
            }
            if examined >= MAX_EXAMINED {
                found.next_cursor = last;
                return Ok(found);
            }
        }
    }

    /// Lists the codes of a coupon that sort after `after`, with their keys. Also returns whether more codes follow.
    async fn code_keys(
        &self,
        coupon: &CouponId,
        after: Option<&str>,
        limit: usize,
        doing: &'static str,
    ) -> Result<(Vec<(String, Key)>, bool), StoreError> {
        let answer = self
            .table
            .query_index(self.keys.codes(coupon))
            .key_condition_expression("gsi1pk = :list AND gsi1sk > :after")
            // A space sorts before every code.
            .expression_attribute_values(":after", s(after.unwrap_or(" ")))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let text = |item: &Item, name: &str| item.get(name)?.as_s().ok().cloned();
        let key = |item: &Item| Some((text(item, "gsi1sk")?, Key::new(text(item, "pk")?, text(item, "sk")?)));
        Ok((answer.items().iter().filter_map(key).collect(), answer.last_evaluated_key().is_some()))
    }
}

/// Whether an item is the code that this job issued at this position.
fn is_of(item: &Item, job: &Job, place: i64) -> bool {
    item.get("job_id") == Some(&s(job.id.as_str())) && item.get("job_index") == Some(&n(place))
}
