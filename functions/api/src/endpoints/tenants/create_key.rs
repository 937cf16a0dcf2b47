//! `POST /v1/keys`

use couponflow_app::kernel::system::Rng as _;
use couponflow_app::tenants::keys;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::kernel::input;
use couponflow_domain::tenants::api_key::{KeySecret, NewKey};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, ProblemCode, view};

use super::shared::created;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::NewKey> {
    OperationDoc::json(tags::ACCESS, "Create a key", 201, samples::tenants::new_key())
        .description(
            "Only this response contains the secret. A repeated request with the same `Idempotency-Key` creates no \
             second key, and its response contains no secret. If you lost the secret, revoke the key and create \
             another one. A tenant can have 50 valid keys.",
        )
        .own_body("KeyInput", NewKey::schema(), true, &[("server", samples::tenants::key_request())])
        .rule("/expires_at", "must be in the future")
        .fails_with([ProblemCode::TooManyKeys])
        .link(Operation::RevokeKey, "/id")
        .link(Operation::RotateKey, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::NewKey> {
    let now = call.seed.at;
    let wanted = call.request.body(|body| {
        input::read(body, |field, errors| {
            field.object(NewKey::MEMBERS, errors)?;
            NewKey::read(field, now, errors)
        })
    })?;
    let secret = KeySecret::new(wanted.scope, std::array::from_fn(|_| System.bits()));
    let key = wanted.key(call.caller.key.tenant_id.clone(), KeyId::new(now, call.seed.bits), &secret, now);
    created(&keys::create(call.store, &key, &secret, now).await.map_err(failure)?)
}
