//! Responses of the endpoints that create keys.

use couponflow_app::tenants::keys::KeyOutcome;
use couponflow_domain::tenants::api_key::MAX_KEYS;
use couponflow_http::{Problem, ProblemCode, Reply, view};

/// Converts the outcome of creating a key. The secret is in the response, but not in the recorded response.
pub(super) fn created(outcome: &KeyOutcome) -> Result<Reply<view::NewKey>, Problem> {
    let reply = |key, secret| Ok(Reply::json(201, &view::NewKey::new(key, secret)).with_secret("secret"));
    match outcome {
        KeyOutcome::Created(key, secret) => reply(key, Some(secret)),
        KeyOutcome::Existing(key) => reply(key, None),
        KeyOutcome::TooMany => {
            let detail = format!("The tenant has {MAX_KEYS} valid keys, which is the limit. Revoke a key first.");
            Err(Problem::conflict(ProblemCode::TooManyKeys, detail))
        }
        KeyOutcome::Unknown => Err(Problem::not_found("key")),
    }
}
