//! Stores coupons and their codes.

use std::time::Duration;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use chrono::{DateTime, Utc};
use couponflow_app::coupons::ports::{Code, CouponQuery, CreateOutcome};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, Edit, State};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};
use couponflow_domain::tenants::audit::Change;
use futures_util::stream;
use futures_util::stream::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::coupon_items::{CounterItem, TermsItem};
use super::coupon_partition::{Assembled, assemble};
use super::unique_codes::UniqueCodeItem;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, from_item, n, s, to_item};
use crate::dynamo::engine::page::ALL;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::retry::Backoff;

/// How long to retry a read that saw only a part of a transaction. Normally, a query sees the whole transaction far
/// sooner.
const TORN_READ_BUDGET: Duration = Duration::from_secs(2);

/// List of the coupons that operators created. Also contains coupons that workflow steps generated
/// before the list [`GENERATED`] existed.
const OPERATOR_COUPONS: &str = "coupons";

/// List of the coupons that workflow steps generated. The list is separate, because steps can
/// generate thousands of coupons for each coupon of an operator.
const GENERATED: &str = "generated_coupons";

/// Maximum number of coupons that one call reads. If few of the coupons match, the page is short and has a cursor.
const MAX_READ: usize = 100;

/// Maximum number of coupons that are read concurrently.
const CONCURRENT_READS: usize = 16;

/// Minimum number of index keys that one query reads.
const MIN_KEYS_PER_QUERY: usize = 50;

/// Item of a shared code. Also used to read the attributes that the item of a unique code has in
/// common with it.
#[derive(Debug, Serialize, Deserialize)]
struct CodeItem {
    coupon_id: CouponId,
    code: CouponCode,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unique: bool,
    /// Whether the coupon of the code was deleted. Another coupon can then take the code. A job
    /// that issues codes cannot take it, because a repeated run of the job must find the same codes
    /// taken as before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    freed: bool,
}

impl Stored for CodeItem {
    const KIND: &'static str = "CODE";
}

/// Records that a step of an execution has edited a coupon.
#[derive(Debug, Serialize, Deserialize)]
struct EffectItem {
    coupon_id: CouponId,
}

impl Stored for EffectItem {
    const KIND: &'static str = "EFFECT";
}

impl TenantStore {
    pub(crate) async fn coupon(&self, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
        let doing = "reading a coupon";
        let mut backoff = Backoff::new(TORN_READ_BUDGET);
        loop {
            match assemble(self.table.partition(self.keys.coupon(id), doing).await?, doing)? {
                Assembled::Coupon(coupon) => return Ok(Some(*coupon)),
                Assembled::Nothing => return Ok(None),
                Assembled::Torn if backoff.wait().await => {}
                Assembled::Torn => {
                    return Err(StoreError::damaged(
                        doing,
                        format!("the terms and the counter of {id} have different versions"),
                    ));
                }
            }
        }
    }

    pub(crate) async fn code(&self, code: &CouponCode) -> Result<Option<Code>, StoreError> {
        let doing = "reading a code";
        let Some(item) = self.table.raw(self.keys.code(code), doing).await? else { return Ok(None) };
        let shared: CodeItem = from_item(item.clone(), doing)?;
        match shared {
            CodeItem { code: other, .. } if other != *code => Ok(None),
            CodeItem { unique: true, .. } => {
                let unique: UniqueCodeItem = from_item(item, doing)?;
                Ok(Some(Code::Unique(Box::new(unique.into()))))
            }
            CodeItem { freed: true, .. } => Ok(None),
            CodeItem { coupon_id, .. } => Ok(Some(Code::Shared(coupon_id))),
        }
    }

    pub(crate) async fn create_coupon(&self, coupon: &Coupon) -> Result<CreateOutcome, StoreError> {
        let doing = "creating a coupon";
        let (id, terms) = (&coupon.id, &coupon.terms);
        // Only a coupon that a step generated has a cause when it is created.
        let list = if coupon.caused_by.is_some() { GENERATED } else { OPERATOR_COUPONS };
        let counter = CounterItem::new(self.keys.tenant.clone(), coupon, self.keys.list(list));
        let code = CodeItem { coupon_id: id.clone(), code: terms.code.clone(), unique: false, freed: false };
        let code = to_item(self.keys.code(&terms.code), &code, doing)?;
        let take = self.table.put(code).condition_expression("attribute_not_exists(pk) OR freed = :yes");
        let mut elements = vec![
            take.expression_attribute_values(":yes", AttributeValue::Bool(true)).element(doing)?,
            self.table.put_new(to_item(self.keys.counter(id), &counter, doing)?).element(doing)?,
            self.table
                .put_new(to_item(
                    self.keys.terms(id),
                    &TermsItem::new(id, terms, coupon.version.get(), &self.keys, coupon.created_at),
                    doing,
                )?)
                .element(doing)?,
        ];
        for timer in self.expiry_timers(coupon, coupon.created_at) {
            elements.push(self.put_timer(&timer, doing)?);
        }
        match self.commit(elements, Change::of(id).versions(None, coupon.version), doing).await? {
            Transacted::Committed => Ok(CreateOutcome::New),
            // If the response to the committed write was lost, the retry finds the coupon's own code.
            Transacted::Cancelled(_) if self.code(&terms.code).await? == Some(Code::Shared(id.clone())) => {
                Ok(CreateOutcome::New)
            }
            Transacted::Cancelled(_) => Ok(CreateOutcome::Taken),
        }
    }

    pub(crate) async fn set_state(
        &self,
        coupon: &Coupon,
        state: State,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "changing the state of a coupon";
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let switch = self.switch(coupon, state, now).return_values_on_condition_check_failure(all_old);
        let mut elements = vec![switch.element(doing)?];
        if state == State::Active {
            for timer in self.expiry_timers(coupon, now) {
                elements.push(self.put_timer(&timer, doing)?);
            }
        }
        match self
            .commit(elements, Change::of(&coupon.id).versions(coupon.version, coupon.version.next()), doing)
            .await?
        {
            Transacted::Committed => Ok(true),
            // If the response to the committed write was lost, the retry finds the coupon with the new state.
            Transacted::Cancelled(mut cancellation) => {
                let stored = cancellation.item_at(0).map(|item| from_item::<CounterItem>(item, doing)).transpose()?;
                Ok(stored.is_some_and(|stored| {
                    (stored.version, stored.state) == (coupon.version.next().get(), state)
                        && stored.updated_at_ms == now.timestamp_millis()
                }))
            }
        }
    }

    pub(crate) async fn edit_coupon(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "editing a coupon";
        let elements = self.edit_elements(coupon, edit, None, now, doing)?;
        let change = Change::of(&coupon.id).versions(coupon.version, coupon.version.next());
        Ok(self.commit(elements, change, doing).await?.is_committed())
    }

    pub(crate) async fn edit_coupon_for(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        effect: &str,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "editing a coupon for a workflow";
        let mut elements = self.edit_elements(coupon, edit, Some(execution), now, doing)?;
        let receipt = EffectItem { coupon_id: coupon.id.clone() };
        elements.push(self.table.put_new(to_item(self.keys.effect(effect), &receipt, doing)?).element(doing)?);
        let change = Change::of(&coupon.id).versions(coupon.version, coupon.version.next());
        Ok(self.commit(elements, change, doing).await?.is_committed())
    }

    pub(crate) async fn was_edited_for(&self, effect: &str) -> Result<bool, StoreError> {
        let receipt: Option<EffectItem> =
            self.table.get(self.keys.effect(effect), "reading whether a coupon was edited").await?;
        Ok(receipt.is_some())
    }

    pub(crate) async fn delete_coupon(&self, coupon: &Coupon, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let doing = "deleting a coupon";
        let code = self
            .table
            .update(self.keys.code(&coupon.terms.code))
            .update_expression("SET freed = :yes")
            .condition_expression("coupon_id = :coupon")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":coupon", s(coupon.id.as_str()));
        let elements = vec![self.switch(coupon, State::Deleted, now).element(doing)?, code.element(doing)?];
        let change = Change::of(&coupon.id).versions(coupon.version, coupon.version.next());
        Ok(self.commit(elements, change, doing).await?.is_committed())
    }

    pub(crate) async fn coupons(
        &self,
        query: CouponQuery,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> Result<Page<Coupon>, StoreError> {
        let doing = "listing coupons";
        let list = if query.is_generated { GENERATED } else { OPERATOR_COUPONS };
        let (mut found, mut read, mut cursor) = (Page::new(Vec::new(), None), 0, page.cursor.clone());
        loop {
            let ids =
                self.list(list, &PageRequest { limit: page.limit.max(MIN_KEYS_PER_QUERY), cursor }, ALL, doing).await?;
            let coupon = async |key: &String| {
                let id = CouponId::parse(key).map_err(|error| StoreError::damaged(doing, error))?;
                self.coupon(&id).await
            };
            let mut coupons =
                stream::iter(&ids.data).map(coupon).buffered(CONCURRENT_READS).zip(stream::iter(&ids.data));
            let mut left = ids.data.len();
            while let Some((coupon, key)) = coupons.next().await {
                let coupon = coupon.map(|coupon| coupon.filter(|coupon| query.matches(coupon, now)));
                found.push_readable(coupon, "coupons")?;
                (read, left) = (read + 1, left - 1);
                let is_last = left == 0 && ids.next_cursor.is_none();
                if !is_last && (found.data.len() == page.limit || read == MAX_READ) {
                    found.next_cursor = Some(Cursor::new(key.as_str()));
                    return Ok(found);
                }
            }
            match ids.next_cursor {
                None => return Ok(found),
                next => cursor = next,
            }
        }
    }

    fn edit_elements(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        cause: Option<&ExecutionId>,
        now: DateTime<Utc>,
        doing: &'static str,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let terms = TermsItem::new(&coupon.id, &edit.terms, coupon.version.next().get(), &self.keys, now);
        let mut elements = vec![
            self.edit_counter(coupon, edit, cause, now, doing)?.element(doing)?,
            self.table.put(to_item(self.keys.terms(&coupon.id), &terms, doing)?).element(doing)?,
        ];
        if edit.reschedules {
            let edited = Coupon { terms: edit.terms.clone(), ..coupon.clone() };
            for timer in self.expiry_timers(&edited, now) {
                elements.push(self.put_timer(&timer, doing)?);
            }
        }
        Ok(elements)
    }

    /// Builds the counter update that changes the state of a coupon. Condition: the version is
    /// unchanged since it was read.
    fn switch(&self, coupon: &Coupon, to: State, now: DateTime<Utc>) -> UpdateBuilder {
        self.table
            .update(self.keys.counter(&coupon.id))
            .update_expression("SET #state = :to, version = version + :one, updated_at_ms = :now")
            .condition_expression("version = :version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":to", s(to.into_str()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":version", n(coupon.version))
            .expression_attribute_values(":now", n(now.timestamp_millis()))
    }
}
