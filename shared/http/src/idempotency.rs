//! `Idempotency-Key`: a request that is sent again is not run again.

use couponflow_app::error::{StoreError, chain};
use couponflow_app::ports::{Claim, Claimed, Clock, Idempotency, Key, KeyedRequest, Rng, Seed};
use couponflow_domain::digest::sha256_hex;
use serde_json::json;

use crate::answer::{Answer, Response};
use crate::auth;
use crate::problem::Problem;
use crate::request::Request;

/// Runs a request, or answers one that has run before as it was answered then, byte for byte. Without an idempotency key
/// it just runs. A problem that `run` has is a response like any other. `run` makes the ids of what it creates from the
/// seed: where an earlier run died, it gets the same one again, and must then find what that has done.
///
/// An answer that says to try again is not kept. A key belongs to its tenant and to the scope that it was sent with, so
/// that a key for browsers can neither read nor block what a shop's server sent.
///
/// # Errors
/// 409 where the first such request still runs, 422 where the key is malformed or came with another request, 503 or 500
/// where the store fails; the request has not run then.
pub async fn once(
    store: &impl Idempotency,
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
        key: sha256_hex(format!("{} {idempotency_key}", auth::name(key.scope))),
        fingerprint: request.fingerprint(),
    };
    let failure = |error: StoreError| Problem::of_failure(&error);
    match store.claim(&keyed, fresh).await.map_err(failure)? {
        Claimed::Now(claim) => {
            let response = run(claim.seed).await.into();
            settle(store, &claim, &response).await;
            Ok(response)
        }
        Claimed::Running => Err(Problem::idempotency_in_flight()),
        Claimed::OtherRequest => Err(Problem::idempotency_key_reused()),
        Claimed::Answered(answer) => serde_json::from_str(&answer).map_err(|error| {
            failure(StoreError::Damaged { doing: "repeating a recorded answer", detail: error.to_string() })
        }),
    }
}

/// Keeps the response, or lets the request run again where it says so. The request has run, so a failure here is not the
/// caller's: a repetition runs again when the claim is over, and finds what was done.
async fn settle(store: &impl Idempotency, claim: &Claim, response: &Response) {
    let settled = match response.is_passing() {
        true => store.release(claim).await,
        false => store.record(claim, &json!(response).to_string()).await,
    };
    match settled {
        Ok(true) => {}
        Ok(false) => tracing::warn!("A request outlived its claim and was run again"),
        Err(error) => tracing::error!(error = %chain(&error), "Did not settle a request with an idempotency key"),
    }
}
