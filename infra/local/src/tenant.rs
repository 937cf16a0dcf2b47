//! Creates tenants by invoking the api function directly, as an operator does on AWS.

use serde::Deserialize;
use serde_json::json;

use crate::emulator::loopback_client;
use crate::{Error, Keys};

#[derive(Deserialize)]
struct Created {
    keys: Keys,
}

/// Creates a tenant and returns its keys. The keys cannot be read again.
///
/// # Errors
/// Returns an error if the function returns an error, for example because the tenant already
/// exists.
pub(crate) async fn create(endpoint: &str, admin_function: &str, tenant_id: &str) -> Result<Keys, Error> {
    let doing = || format!("creating tenant {tenant_id}");
    let answer = loopback_client()?
        .post(format!("{endpoint}/2015-03-31/functions/{admin_function}/invocations"))
        .json(&json!({ "create_tenant": { "tenant_id": tenant_id } }))
        .send()
        .await
        .map_err(Error::http(doing()))?
        .text()
        .await
        .map_err(Error::http(doing()))?;
    serde_json::from_str::<Created>(&answer)
        .map(|created| created.keys)
        .map_err(|_| Error::Unexpected { doing: doing(), answer })
}
