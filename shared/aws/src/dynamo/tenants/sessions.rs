//! Stores the sessions of the console and its sign-in links under the hashes of their tokens.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::sessions::Sessions;
use couponflow_domain::tenants::api_key::SecretHash;
use couponflow_domain::tenants::session::{Session, SignInLink};
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::failure::failed;

#[derive(Debug, Serialize, Deserialize)]
struct SessionItem {
    key_hash: String,
    started_at_ms: i64,
    used_at_ms: i64,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for SessionItem {
    const KIND: &'static str = "SESSION";
}

#[derive(Debug, Serialize, Deserialize)]
struct SignInLinkItem {
    key_hash: String,
    expires_at_ms: i64,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for SignInLinkItem {
    const KIND: &'static str = "SIGN_IN_LINK";
}

impl Sessions for Table {
    async fn start_session(&self, token_hash: &str, session: &Session) -> Result<(), StoreError> {
        let doing = "starting a session";
        let item = SessionItem {
            key_hash: session.key_hash.to_string(),
            started_at_ms: session.started_at.timestamp_millis(),
            used_at_ms: session.used_at.timestamp_millis(),
            ttl: session.ends_at().timestamp(),
        };
        self.put_item(to_item(keys::session(token_hash), &item, doing)?, doing).await
    }

    async fn session(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        let item: Option<SessionItem> = self.get(keys::session(token_hash), "reading a session").await?;
        Ok(item.map(|item| Session {
            key_hash: SecretHash::new(item.key_hash),
            started_at: instant(item.started_at_ms),
            used_at: instant(item.used_at_ms),
        }))
    }

    async fn touch_session(&self, token_hash: &str, session: &Session, now: DateTime<Utc>) -> Result<(), StoreError> {
        let used = Session { used_at: now, ..session.clone() };
        let update = self
            .update_item(keys::session(token_hash))
            .update_expression("SET used_at_ms = :now, #ttl = :ttl")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now.timestamp_millis()))
            .expression_attribute_values(":ttl", n(used.ends_at().timestamp()));
        let Err(error) = update.send().await else { return Ok(()) };
        match error.into_service_error() {
            UpdateItemError::ConditionalCheckFailedException(_) => Ok(()),
            other => Err(failed("recording the use of a session")(other.into())),
        }
    }

    async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        self.take_item(keys::session(token_hash), "ending a session").await.map(|_| ())
    }

    async fn add_sign_in_link(&self, token_hash: &str, link: &SignInLink) -> Result<(), StoreError> {
        let doing = "storing a sign-in link";
        let item = SignInLinkItem {
            key_hash: link.key_hash.to_string(),
            expires_at_ms: link.expires_at.timestamp_millis(),
            ttl: link.expires_at.timestamp(),
        };
        self.put_item(to_item(keys::sign_in_link(token_hash), &item, doing)?, doing).await
    }

    async fn take_sign_in_link(&self, token_hash: &str) -> Result<Option<SignInLink>, StoreError> {
        let doing = "using a sign-in link";
        let Some(item) = self.take_item(keys::sign_in_link(token_hash), doing).await? else { return Ok(None) };
        let item: SignInLinkItem = from_item(item, doing)?;
        Ok(Some(SignInLink { key_hash: SecretHash::new(item.key_hash), expires_at: instant(item.expires_at_ms) }))
    }
}

impl Table {
    /// Writes an item under a random key. A repeated write stores the same item.
    async fn put_item(&self, item: Item, doing: &'static str) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map_err(|error| failed(doing)(error.into()))?;
        Ok(())
    }

    /// Deletes an item and returns it. If the response is lost, the SDK's repeated request returns `None`.
    async fn take_item(&self, key: Key, doing: &'static str) -> Result<Option<Item>, StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await;
        Ok(deleted.map_err(|error| failed(doing)(error.into()))?.attributes)
    }
}
