//! Command that creates a tenant and its first API keys. Operators invoke the function directly
//! with this command. No endpoint creates tenants.

use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::ports::{CreateTenantOutcome, Keys as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{KeyScope, KeySecret, NewKey};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};
use strum::VariantArray as _;

/// Handles `{"create_tenant": {"tenant_id": "demo"}}`: creates a tenant and one API key per scope.
/// Returns the secrets of the keys. The table stores only hashes of the secrets, so the secrets
/// cannot be read again.
///
/// # Errors
/// Returns an error if the tenant id is invalid, the tenant exists, or the table cannot be written.
pub(crate) async fn create_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let system = System;
    let tenant = TenantId::parse(command["tenant_id"].as_str().unwrap_or_default())
        .map_err(|error| format!("create_tenant.tenant_id {error}"))?;
    let now = system.now();
    let mut shown = serde_json::Map::new();
    let mut keys = Vec::new();
    for &scope in KeyScope::VARIANTS {
        let secret = KeySecret::new(scope, std::array::from_fn(|_| system.bits()));
        let first = NewKey { scope, name: format!("first {} key", scope.into_str()), expires_at: None };
        keys.push((first.key(tenant.clone(), KeyId::new(now, system.bits()), &secret, now), secret.hash()));
        shown.insert(scope.into_str().to_owned(), json!(secret.reveal()));
    }
    let tenant_secret = TenantSecret::new(std::array::from_fn(|_| system.bits()));
    match table.create_tenant(&tenant, &tenant_secret, &keys, now).await? {
        CreateTenantOutcome::Created => Ok(json!({"tenant_id": tenant, "keys": shown})),
        CreateTenantOutcome::Taken => Err(format!("tenant {tenant} already exists").into()),
    }
}
