//! Idempotent requests with the `Idempotency-Key` header. A run of a request first claims the
//! request. A claim is the exclusive right to run the request, and expires if the function dies.

use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::tenants::idempotency::{Claim, ClaimOutcome, KeyedRequest, Seed};
use couponflow_app::tenants::ports::{AccessStore, Key, KeyScope};
use couponflow_domain::kernel::digest::sha256_hex;
use serde_json::json;

use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;

/// Runs a request and records the answer under the idempotency key of the request. If an answer is
/// already recorded, does not run the request, and returns the recorded answer, byte for byte. The
/// recorded answer contains no secret: the member that holds the secret is null. A request without an idempotency key
/// always runs.
///
/// Problems are recorded like other answers. Exception: an answer after which a retry should run again
/// ([`Response::invites_retry`]) is not recorded, so a repeated request runs again.
///
/// A request can run more than once, for example if the function died during the first run. `run`
/// gets the same seed each time, and derives the ids of the items that it creates from the seed.
/// Therefore a later run can find the items that an earlier run created.
///
/// Idempotency keys are separate for each tenant and each scope of API keys. Therefore a client
/// with a storefront key can neither read nor block requests of the shop's server. Browsers share a
/// storefront key, so their idempotency keys are also separate for each API key and client address.
///
/// # Errors
/// Returns 409 if another run has an unexpired claim on the request, 422 if the key is malformed or
/// was used with another request, and 503 or 500 if the store fails. In these cases, `run` was not
/// called.
pub async fn once(
    store: &impl AccessStore,
    system: &(impl Clock + Rng),
    key: &Key,
    request: &Request,
    run: impl AsyncFnOnce(Seed) -> Result<Answer, Problem>,
) -> Result<Response, Problem> {
    let fresh = Seed::new(system);
    let Some(idempotency_key) = request.idempotency_key()? else {
        return Ok(run(fresh).await.into());
    };
    let keyed = KeyedRequest {
        key: sha256_hex(format!("{} {idempotency_key}", name_space(key, request))),
        fingerprint: request.fingerprint(),
    };
    let failure = |error: StoreError| Problem::of_failure(&error);
    match store.claim_request(&keyed, fresh).await.map_err(failure)? {
        ClaimOutcome::Claimed(claim) => {
            let answered = run(claim.seed).await;
            let redacted = answered.as_ref().ok().and_then(Answer::redacted).map(Response::from);
            let response = Response::from(answered);
            settle(store, &claim, redacted.as_ref().unwrap_or(&response)).await;
            Ok(response)
        }
        ClaimOutcome::Running => Err(Problem::idempotency_in_flight()),
        ClaimOutcome::OtherRequest => Err(Problem::idempotency_key_reused()),
        ClaimOutcome::Erased => Err(Problem::not_found("contact of the recorded answer")),
        ClaimOutcome::Answered(answer) => serde_json::from_str(&answer).map_err(|_| {
            failure(StoreError::damaged("reading the recorded answer of a request", "not a valid answer"))
        }),
    }
}

/// Returns the name space of a caller's idempotency keys.
fn name_space(key: &Key, request: &Request) -> String {
    match key.scope {
        KeyScope::Storefront => format!("storefront {} {}", key.id, request.client_address().unwrap_or_default()),
        KeyScope::Server | KeyScope::Admin => key.scope.into_str().to_owned(),
    }
}

/// Records the response, or releases the claim if a retry should run again. If the store fails,
/// logs the failure and keeps the response, because the request has run. A repeated request then
/// runs again after the claim has expired, and finds the items that this run created.
async fn settle(store: &impl AccessStore, claim: &Claim, response: &Response) {
    let settled = match response.invites_retry() {
        true => store.release_request(claim).await,
        false => store.record_answer(claim, &json!(response).to_string(), response.contact_key.as_deref()).await,
    };
    match settled {
        Ok(true) => {}
        Ok(false) => tracing::warn!("A claim expired before its request ended; a repeated request has claimed the key"),
        Err(error) => tracing::error!(error = %chain(&error), "Could not record an answer under its idempotency key"),
    }
}
