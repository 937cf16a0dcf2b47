//! Command that creates a link to sign in to the console. Operators invoke the function directly with this command.

use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::ports::{KeyScope, Keys as _};
use couponflow_app::tenants::sessions::Sessions as _;
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::tenants::api_key::KeySecret;
use couponflow_domain::tenants::session::{LINK_LIFETIME, SessionToken, SignInLink};
use lambda_runtime::Error;
use serde_json::{Value, json};

use super::input::read_command;

/// Handles `{"create_sign_in_link": {"key": "cf_admin_…"}}`: returns the path of a link that signs in to the console
/// once, within an hour, with the rights of this admin key.
///
/// # Errors
/// Returns an error if the command is invalid, the key is not a valid admin key, or the table cannot be written.
pub(crate) async fn create_sign_in_link(table: &Table, command: &Value) -> Result<Value, Error> {
    let now = System.now();
    let parse = |text: &str| KeySecret::parse(text).ok_or("must be the secret of an admin key");
    let secret = read_command("create_sign_in_link", command, |field, errors| {
        field.object(&["key"], errors)?;
        field.get("key").parse(parse, errors)
    })?;
    let key = table.key(&secret.hash()).await?;
    if !key.is_some_and(|key| key.is_valid(now) && key.scope >= KeyScope::Admin) {
        return Err("create_sign_in_link/key must be a valid admin key; see list_keys".into());
    }
    let token = SessionToken::new(std::array::from_fn(|_| System.bits()));
    let link = SignInLink { key_hash: secret.hash(), expires_at: now + LINK_LIFETIME };
    table.add_sign_in_link(&token.hash(), &link).await?;
    Ok(json!({"path": format!("/console/sign-in?token={}", token.reveal()), "expires_at": link.expires_at}))
}
