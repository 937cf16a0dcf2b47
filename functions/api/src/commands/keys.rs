//! Commands that create, revoke and list the API keys of a tenant, for a tenant that has lost its admin key. Operators
//! invoke the function directly with these commands.

use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::keys;
use couponflow_app::tenants::keys::{KeyOutcome, RevokeOutcome};
use couponflow_app::tenants::ports::{AccessStore as _, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::tenants::api_key::{KeySecret, MAX_KEYS, NewKey};
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_http::view;
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::{audited, read_command, unknown_tenant};

/// Handles `{"create_key": {"tenant_id": "demo", "scope": "admin", "name": "Recovery", "expires_at": null}}`: creates a
/// key and returns its secret.
///
/// # Errors
/// Returns an error if the command is invalid, the tenant does not exist or has too many keys, or the table cannot be
/// written.
pub(crate) async fn create(table: &Table, command: &Value) -> Result<Value, Error> {
    let now = System.now();
    let (tenant, wanted) = read_command("create_key", command, |field, errors| {
        field.object(&[&["tenant_id"], NewKey::MEMBERS].concat(), errors)?;
        let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
        let wanted = NewKey::read(field, now, errors);
        Some((tenant?, wanted?))
    })?;
    let secret = KeySecret::new(wanted.scope, std::array::from_fn(|_| System.bits()));
    let key = wanted.key(tenant.clone(), KeyId::new(now, System.bits()), &secret, now);
    match keys::create(&audited(table, &tenant, "create_key"), &key, &secret, now).await? {
        KeyOutcome::Created(key, secret) => Ok(json!(view::NewKey::new(&key, Some(&secret)))),
        KeyOutcome::Existing(key) => Ok(json!(view::NewKey::new(&key, None))),
        KeyOutcome::TooMany => Err(format!("tenant {tenant} has {MAX_KEYS} valid keys; revoke one first").into()),
        KeyOutcome::Unknown => Err(unknown_tenant(&tenant)),
    }
}

/// Handles `{"revoke_key": {"tenant_id": "demo", "key_id": "key_…"}}`: revokes a key, even the last admin key. The key
/// stops working within a minute.
///
/// # Errors
/// Returns an error if the command is invalid, the key does not exist, or the table cannot be written.
pub(crate) async fn revoke(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, id) = read_command("revoke_key", command, |field, errors| {
        field.object(&["tenant_id", "key_id"], errors)?;
        let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
        let id = field.get("key_id").parse(KeyId::parse, errors);
        Some((tenant?, id?))
    })?;
    match keys::revoke(&audited(table, &tenant, "revoke_key"), &id, false, System.now()).await? {
        RevokeOutcome::Revoked => Ok(json!({"tenant_id": tenant, "key_id": id, "revoked": true})),
        RevokeOutcome::Rejected(_) => Err(format!("tenant {tenant} has no key {id}; see list_keys").into()),
    }
}

/// Handles `{"list_keys": {"tenant_id": "demo", "limit": 100, "cursor": null}}`: returns one page of the tenant's keys,
/// newest first, without secrets.
///
/// # Errors
/// Returns an error if the command is invalid, or the keys cannot be read.
pub(crate) async fn list(table: &Table, command: &Value) -> Result<Value, Error> {
    let (tenant, page) = read_command("list_keys", command, read_page)?;
    let page = table.of(&tenant).api_keys(&page).await?;
    let shown: Vec<view::Key> = page.data.iter().map(view::Key::from).collect();
    Ok(json!({"data": shown, "next_cursor": page.next_cursor}))
}

fn read_page(field: &Field<'_>, errors: &mut Errors) -> Option<(TenantId, PageRequest)> {
    field.object(&["tenant_id", "limit", "cursor"], errors)?;
    let tenant = field.get("tenant_id").parse(TenantId::parse, errors);
    let limit = field.get("limit").optional(errors, |limit, errors| limit.integer(1..=100, errors));
    let cursor = field.get("cursor").optional(errors, |cursor, errors| cursor.text(1..=500, errors));
    let limit = limit?.map_or(100, |limit| usize::try_from(limit).unwrap_or(100));
    Some((tenant?, PageRequest { limit, cursor: cursor?.map(Cursor::new) }))
}
