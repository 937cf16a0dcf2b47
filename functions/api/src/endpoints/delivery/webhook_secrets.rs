//! Endpoints for webhook signing secrets.

use couponflow_app::delivery::ports::SigningSecrets as _;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_http::{Answer, Request, view};

use crate::reply::{EndpointResult, failure};

/// Creates a signing secret and returns it. No other endpoint returns the secret. The previous secret stays valid for
/// one more day.
pub(crate) async fn create(store: &TenantStore, seed: Seed) -> EndpointResult {
    let system = System;
    let bits = std::array::from_fn(|_| system.bits());
    let new = SigningSecret::new(SigningSecretId::new(seed.at, seed.bits), bits, seed.at);
    let secret = store.rotate(new, system.now()).await.map_err(failure)?;
    Ok(Answer::json(201, view::new_signing_secret(&secret)))
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    request.only(&[])?;
    let secrets = store.signing_secrets(System.now()).await.map_err(failure)?;
    Ok(Answer::page(secrets.iter().map(view::signing_secret).collect(), None))
}
