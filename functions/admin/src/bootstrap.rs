//! The first keys of a tenant, made by whoever may invoke this function.

use couponflow_app::ports::{Created, Environment, Key, KeyScope, Keys as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::digest::sha256_hex;
use couponflow_domain::ids::KeyId;
use couponflow_domain::tenant::TenantId;
use lambda_runtime::Error;
use serde_json::{Value, json};

const SCOPES: [(KeyScope, &str); 3] =
    [(KeyScope::Storefront, "storefront"), (KeyScope::Server, "server"), (KeyScope::Admin, "admin")];

/// `{"create_tenant": {"tenant_id": "demo"}}`: makes a tenant and one key of each scope, and shows their secrets, which
/// are kept as hashes only and can't be shown again.
///
/// # Errors
/// Where the tenant id is not one, or there is such a tenant already.
pub(crate) async fn create_tenant(table: &Table, command: &Value) -> Result<Value, Error> {
    let environment = SystemEnvironment;
    let tenant = TenantId::parse(command["tenant_id"].as_str().unwrap_or_default())
        .map_err(|error| format!("create_tenant.tenant_id {error}"))?;
    let now = environment.now();
    let mut shown = serde_json::Map::new();
    let mut keys = Vec::new();
    for (scope, name) in SCOPES {
        let secret = secret(&environment, name);
        let key = Key { id: KeyId::new(now, environment.bits()), tenant_id: tenant.clone(), scope };
        keys.push((key, sha256_hex(&secret)));
        shown.insert(name.to_owned(), json!(secret));
    }
    match table.create_tenant(&tenant, &keys, now).await? {
        Created::New => Ok(json!({"tenant_id": tenant, "keys": shown})),
        Created::Taken => Err(format!("there is a tenant {tenant} already").into()),
    }
}

/// 160 random bits with a prefix by which a leaked key is recognised.
fn secret(environment: &impl Environment, scope: &str) -> String {
    let bits = [environment.bits(), environment.bits()].concat();
    let digits: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cf_{scope}_{digits}")
}
