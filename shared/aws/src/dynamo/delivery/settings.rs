//! Stores a tenant's settings, in the item that records the tenant.

use std::time::Instant;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::purchases::customer::Email;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::item::Stored;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

#[derive(Debug, Serialize, Deserialize)]
struct SettingsItem {
    #[serde(default)]
    sender: Option<StoredSender>,
}

/// Stored form of [`Sender`].
#[derive(Debug, Serialize, Deserialize)]
struct StoredSender {
    email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Email>,
}

impl From<Sender> for StoredSender {
    fn from(sender: Sender) -> Self {
        let Sender { email, name, reply_to } = sender;
        Self { email, name, reply_to }
    }
}

impl From<StoredSender> for Sender {
    fn from(stored: StoredSender) -> Self {
        let StoredSender { email, name, reply_to } = stored;
        Self { email, name, reply_to }
    }
}

impl Stored for SettingsItem {
    const KIND: &'static str = "TENANT";
}

impl TenantStore {
    pub(crate) async fn sender(&self) -> Result<Option<Sender>, StoreError> {
        let now = Instant::now();
        if let Some(sender) = self.table.senders.get(&self.keys.tenant, now) {
            return Ok(sender);
        }
        let item: Option<SettingsItem> = self.table.get(self.keys.tenant_item(), "reading a tenant's settings").await?;
        let sender = item.and_then(|item| item.sender).map(Sender::from);
        self.table.senders.put(self.keys.tenant.clone(), sender.clone(), now);
        Ok(sender)
    }

    pub(crate) async fn set_sender(&self, sender: Option<&Sender>) -> Result<bool, StoreError> {
        let doing = "setting a tenant's sender";
        let value: AttributeValue = serde_dynamo::to_attribute_value(sender.cloned().map(StoredSender::from))
            .map_err(|error| failed(doing)(Box::new(error)))?;
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.tenant_item().attributes()))
            .update_expression("SET sender = :sender")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":sender", value);
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}
