//! Stores which recipients of messages to the shop's team have confirmed their addresses. Each address has one item,
//! under the digest of the address.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::recipient::{ASK_AGAIN_AFTER, ConfirmationToken, Recipient};
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, n, s, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

#[derive(Debug, Serialize, Deserialize)]
struct RecipientItem {
    /// Digest of the token in the confirmation link.
    token_digest: String,
    asked_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at_ms: Option<i64>,
    /// Time at which the link expires. Absent once the recipient has confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

impl Stored for RecipientItem {
    const KIND: &'static str = "RECIPIENT";
}

impl TenantStore {
    async fn recipient_item(&self, key: &str) -> Result<Option<RecipientItem>, StoreError> {
        self.table.get(self.keys.recipient(key), "reading a recipient of team messages").await
    }

    pub(crate) async fn recipient(&self, key: &str) -> Result<Option<Recipient>, StoreError> {
        Ok(self.recipient_item(key).await?.map(|item| Recipient {
            asked_at: instant(item.asked_at_ms),
            confirmed_at: item.confirmed_at_ms.map(instant),
        }))
    }

    pub(crate) async fn ask_recipient(
        &self,
        key: &str,
        token: &ConfirmationToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "storing the request to a recipient of team messages";
        let item = RecipientItem {
            token_digest: token.digest(),
            asked_at_ms: now.timestamp_millis(),
            confirmed_at_ms: None,
            ttl: Some((now + ASK_AGAIN_AFTER).timestamp()),
        };
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(to_item(self.keys.recipient(key), &item, doing)?))
            .condition_expression(
                "attribute_not_exists(pk) OR (attribute_not_exists(confirmed_at_ms) AND asked_at_ms <= :before)",
            )
            .expression_attribute_values(":before", n((now - ASK_AGAIN_AFTER).timestamp_millis()));
        match put.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }

    pub(crate) async fn forget_request(&self, key: &str, token: &ConfirmationToken) -> Result<(), StoreError> {
        let delete = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.recipient(key).attributes()))
            .condition_expression("token_digest = :digest AND attribute_not_exists(confirmed_at_ms)")
            .expression_attribute_values(":digest", s(token.digest()));
        match delete.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) | Err(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(failed("deleting the request to a recipient of team messages")(error.into())),
        }
    }

    pub(crate) async fn is_confirmation_token(&self, key: &str, token: &ConfirmationToken) -> Result<bool, StoreError> {
        Ok(self.recipient_item(key).await?.is_some_and(|item| item.token_digest == token.digest()))
    }

    pub(crate) async fn confirm_recipient(
        &self,
        key: &str,
        token: &ConfirmationToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let update = self
            .table
            .update_item(self.keys.recipient(key))
            .update_expression("SET confirmed_at_ms = if_not_exists(confirmed_at_ms, :now) REMOVE #ttl")
            .condition_expression("token_digest = :digest")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":digest", s(token.digest()));
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed("storing the confirmation of a recipient of team messages")(error.into())),
        }
    }
}
