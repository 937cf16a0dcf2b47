//! Stores requests with an idempotency key, one item per request. Before a caller runs a request,
//! the caller claims it: a claim is the exclusive right to run the request. Afterwards, the caller
//! records the answer or releases the claim.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::idempotency::{Claim, ClaimOutcome, KEY_RETENTION, KeyedRequest, LEASE, Seed};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::personal::PersonalText;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, from_item, n, s, to_item};
use crate::dynamo::engine::person_entry::PersonEntry;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RequestItem {
    fingerprint: String,
    /// Instant and random bits of the first run. Every later run uses them as its seed.
    started_at_ms: i64,
    seed: Bits80,
    /// Identifies the latest run.
    run: Bits80,
    lease_until_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<PersonalText>,
    /// Set when the contact in the answer was erased. The answer is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_erased: bool,
    kept_until_ms: i64,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for RequestItem {
    const KIND: &'static str = "REQUEST";
}

impl RequestItem {
    fn new(request: &KeyedRequest, fresh: Seed) -> Self {
        let kept_until = fresh.at + KEY_RETENTION;
        Self {
            fingerprint: request.fingerprint.clone(),
            started_at_ms: fresh.at.timestamp_millis(),
            seed: fresh.bits,
            run: fresh.bits,
            lease_until_ms: (fresh.at + LEASE).timestamp_millis(),
            answer: None,
            is_erased: false,
            kept_until_ms: kept_until.timestamp_millis(),
            ttl: kept_until.timestamp(),
        }
    }

    fn claim(self, key: &str) -> ClaimOutcome {
        let seed = Seed { at: instant(self.started_at_ms), bits: self.seed };
        ClaimOutcome::Claimed(Claim { key: key.to_owned(), run: self.run, seed })
    }
}

/// Converts bits to their stored form.
fn bits(bits: Bits80) -> AttributeValue {
    AttributeValue::L(bits.map(n).to_vec())
}

impl TenantStore {
    /// See [`AccessStore::claim_request`](couponflow_app::tenants::ports::AccessStore::claim_request).
    pub(super) async fn claim_request(&self, request: &KeyedRequest, fresh: Seed) -> Result<ClaimOutcome, StoreError> {
        let mut item = RequestItem::new(request, fresh);
        let mut dead = None;
        for _ in 0..2 {
            let Some(stored) = self.put_request(&request.key, &item, dead, fresh.at).await? else {
                return Ok(item.claim(&request.key));
            };
            match stored {
                other if other.fingerprint != request.fingerprint => return Ok(ClaimOutcome::OtherRequest),
                RequestItem { answer: Some(answer), .. } => return Ok(ClaimOutcome::Answered(answer)),
                RequestItem { is_erased: true, .. } => return Ok(ClaimOutcome::Erased),
                // This call has made the claim itself: the response to the write was lost, and the SDK retried the
                // write.
                own if own.run == fresh.bits => return Ok(own.claim(&request.key)),
                running if instant(running.lease_until_ms) > fresh.at => return Ok(ClaimOutcome::Running),
                died => {
                    dead = Some(died.run);
                    item = RequestItem { started_at_ms: died.started_at_ms, seed: died.seed, ..item };
                }
            }
        }
        Ok(ClaimOutcome::Running)
    }

    pub(super) async fn record_answer(
        &self,
        claim: &Claim,
        answer: &str,
        contact_key: Option<&str>,
    ) -> Result<bool, StoreError> {
        let doing = "recording the answer to a request";
        let update = self.update_of_claim(claim, "SET answer = :value", s(answer));
        let update = match contact_key {
            None => update,
            Some(key) => {
                let entry = PersonEntry::of_contact(&self.keys, key, &claim.key, claim.seed.at);
                update
                    .update_expression("SET answer = :value, gsi1pk = :person, gsi1sk = :entry")
                    .expression_attribute_values(":person", s(entry.gsi1pk.unwrap_or_default()))
                    .expression_attribute_values(":entry", s(entry.gsi1sk.unwrap_or_default()))
            }
        };
        is_still_claimed(update, doing).await
    }

    pub(super) async fn release_request(&self, claim: &Claim) -> Result<bool, StoreError> {
        is_still_claimed(self.update_of_claim(claim, "SET lease_until_ms = :value", n(0)), "releasing a request").await
    }

    /// Puts the item and returns `None` in three cases: no item exists, the existing item has
    /// expired, or the existing item is the unanswered claim of the run `dead`. Otherwise returns
    /// the existing item.
    async fn put_request(
        &self,
        key: &str,
        item: &RequestItem,
        dead: Option<Bits80>,
        now: DateTime<Utc>,
    ) -> Result<Option<RequestItem>, StoreError> {
        let doing = "claiming a request";
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(to_item(self.keys.idempotency(key), item, doing)?))
            .condition_expression(
                "attribute_not_exists(pk) OR kept_until_ms <= :now OR (run = :dead AND attribute_not_exists(answer))",
            )
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":dead", dead.map_or(AttributeValue::Null(true), bits))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(None) };
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(refused) => {
                from_item(refused.item.unwrap_or_default(), doing).map(Some)
            }
            other => Err(failed(doing)(other.into())),
        }
    }

    /// Builds the update of a claim's item. Condition: no other run has taken over the claim.
    fn update_of_claim(&self, claim: &Claim, set: &str, value: AttributeValue) -> UpdateItemFluentBuilder {
        self.table
            .update_item(self.keys.idempotency(&claim.key))
            .update_expression(set)
            .condition_expression("run = :run")
            .expression_attribute_values(":run", bits(claim.run))
            .expression_attribute_values(":value", value)
    }
}

/// Sends the update of a claim's item. Returns false if another run has taken over the claim.
async fn is_still_claimed(update: UpdateItemFluentBuilder, doing: &'static str) -> Result<bool, StoreError> {
    let Err(error) = update.send().await else { return Ok(true) };
    match error.into_service_error() {
        UpdateItemError::ConditionalCheckFailedException(_) => Ok(false),
        other => Err(failed(doing)(other.into())),
    }
}
