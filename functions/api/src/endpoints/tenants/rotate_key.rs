//! `POST /v1/keys/{id}/rotate`

use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::keys;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::kernel::input;
use couponflow_domain::tenants::api_key::{DEFAULT_OVERLAP, read_overlap, rotation_schema};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, ProblemCode, view};
use serde_json::json;

use super::shared::created;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::NewKey> {
    OperationDoc::json(tags::ACCESS, "Rotate a key", 201, samples::tenants::new_key())
        .description(
            "Creates a key with the same name and scope. The old key stays valid for the `overlap`, so that clients \
             can change to the new key. With the overlap `PT0S`, the old key stops working within a minute. If the \
             old key has an expiry, the new key has the same total lifetime, counted from the rotation. Only this \
             response contains the secret; a repeated request with the same `Idempotency-Key` gets none. A key that is \
             no longer valid cannot be rotated (`not_found`).",
        )
        .path_id("KeyId")
        .own_body("KeyRotationInput", rotation_schema(), false, &[("a_week", json!({"overlap": "P7D"}))])
        .fails_with([ProblemCode::TooManyKeys])
        .link(Operation::RevokeKey, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::NewKey> {
    let id = call.id(KeyId::parse, "key")?;
    let overlap = match call.request.is_empty() {
        true => DEFAULT_OVERLAP,
        false => call.request.body(|body| input::read(body, read_overlap))?,
    };
    let new = (KeyId::new(call.seed.at, call.seed.bits), std::array::from_fn(|_| System.bits()));
    created(&keys::rotate(call.store, &id, new, overlap, System.now()).await.map_err(failure)?)
}
