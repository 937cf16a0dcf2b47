//! Creates tenants and sign-in links by invoking the api function directly, as an operator does on AWS.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::emulator::loopback_client;
use crate::{Error, Keys};

/// Part of the answer that holds a new sign-in link.
#[derive(Deserialize)]
struct CreatedLink {
    path: String,
}

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
    let command = json!({ "create_tenant": { "tenant_id": tenant_id } });
    let created: Created = invoke(endpoint, admin_function, format!("creating tenant {tenant_id}"), &command).await?;
    Ok(created.keys)
}

/// Creates a link that signs in to the console once. Returns its path and query.
///
/// # Errors
/// Returns an error if the function returns an error, for example because the key is not valid.
pub(crate) async fn sign_in_link(endpoint: &str, admin_function: &str, admin_key: &str) -> Result<String, Error> {
    let command = json!({ "create_sign_in_link": { "key": admin_key } });
    let doing = "creating a sign-in link".to_owned();
    let created: CreatedLink = invoke(endpoint, admin_function, doing, &command).await?;
    Ok(created.path)
}

async fn invoke<T: DeserializeOwned>(
    endpoint: &str,
    function: &str,
    doing: String,
    command: &Value,
) -> Result<T, Error> {
    let answer = loopback_client()?
        .post(format!("{endpoint}/2015-03-31/functions/{function}/invocations"))
        .json(command)
        .send()
        .await
        .map_err(Error::http(doing.clone()))?
        .text()
        .await
        .map_err(Error::http(doing.clone()))?;
    serde_json::from_str::<T>(&answer).map_err(|_| Error::Unexpected { doing, answer })
}
