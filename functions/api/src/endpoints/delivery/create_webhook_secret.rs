//! `POST /v1/webhook-secrets`

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_aws::system::System;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::NewWebhookSecret> {
    OperationDoc::json(tags::WORKFLOWS, "Create a signing secret", 201, samples::delivery::new_signing_secret())
        .description(
            "Only this response contains the secret value. A repeated request with the same `Idempotency-Key` creates no \
             second secret, and its response contains no secret value. From now on, webhooks are signed with the new secret, as \
             the Standard Webhooks specification describes. For the next 24 hours, webhooks are also signed with the \
             previous secret. Older secrets are no longer used.",
        )
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::NewWebhookSecret> {
    let seed = call.seed;
    let bits = std::array::from_fn(|_| System.bits());
    let new = SigningSecret::new(SigningSecretId::new(seed.at, seed.bits), bits, seed.at);
    let secret = call.store.rotate_signing_secret(new, System.now()).await.map_err(failure)?;
    Ok(Reply::json(201, &view::NewWebhookSecret::from(&secret)).with_secret("secret"))
}
