//! Stores tenants and their API keys. An API key is stored under the hash of its secret.

use chrono::{DateTime, Utc};
use couponflow_app::coupons::ports::CreateOutcome;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::ports::{Key, KeyScope, Keys};
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::dynamo::engine::transact::Transacted;
use crate::dynamo::tenants::stored_tenant::StoredTenant;

#[derive(Debug, Serialize, Deserialize)]
struct KeyItem {
    id: KeyId,
    tenant_id: TenantId,
    scope: KeyScope,
    created_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
}

impl Stored for KeyItem {
    const KIND: &'static str = "KEY";
}

impl Keys for Table {
    async fn key(&self, secret_hash: &str) -> Result<Option<Key>, StoreError> {
        let item: Option<KeyItem> = self.get(keys::api_key(secret_hash), "reading an API key").await?;
        Ok(item.filter(|item| item.revoked_at_ms.is_none()).map(|item| Key {
            id: item.id,
            tenant_id: item.tenant_id,
            scope: item.scope,
        }))
    }

    async fn create_tenant(
        &self,
        tenant: &TenantId,
        secret: &TenantSecret,
        keys: &[(Key, String)],
        now: DateTime<Utc>,
    ) -> Result<CreateOutcome, StoreError> {
        let doing = "creating a tenant";
        let created_at_ms = now.timestamp_millis();
        let at = TenantKeys::new(tenant.clone()).tenant_item();
        let mut elements = vec![self.put_new(to_item(at, &StoredTenant::new(secret, now), doing)?).element(doing)?];
        for (key, secret_hash) in keys {
            let item = KeyItem {
                id: key.id.clone(),
                tenant_id: key.tenant_id.clone(),
                scope: key.scope,
                created_at_ms,
                revoked_at_ms: None,
            };
            elements.push(self.put_new(to_item(keys::api_key(secret_hash), &item, doing)?).element(doing)?);
        }
        match self.transact(elements, doing).await? {
            Transacted::Committed => Ok(CreateOutcome::New),
            Transacted::Cancelled(_) => Ok(CreateOutcome::Taken),
        }
    }
}
