//! Serves a request with a valid key: with rate limits, idempotency and the request log.

use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::AccessStore;
use couponflow_app::tenants::rate_limiter::RateLimitBuckets;

use crate::answer::Answer;
use crate::auth::Caller;
use crate::idempotency::once;
use crate::problem::Problem;
use crate::rate_limits::{LimitedRequest, RequestLimits};
use crate::request::Request;
use crate::request_log::log_request;
use crate::response::Response;
use crate::routes::Operation;

/// Runs an operation for a caller who may call it, and logs the request. `store` is the store of the caller's tenant.
///
/// `run` is not called if a rate limit is reached, or if the request repeats an earlier request with the same
/// idempotency key (see [`once`]). `run` derives the ids of the items that it creates from the seed.
pub async fn serve(
    store: &(impl AccessStore + RateLimitBuckets),
    system: &(impl Clock + Rng),
    limits: &RequestLimits,
    caller: &Caller,
    operation: Operation,
    request: &Request,
    run: impl AsyncFnOnce(&LimitedRequest<'_>, Seed) -> Result<Answer, Problem>,
) -> Response {
    let run = async |limited: &LimitedRequest<'_>| {
        once(store, system, &caller.key, request, async |seed| run(limited, seed).await).await
    };
    let answered = limits.run(store, caller, request, system.now(), run).await;
    let response = answered.unwrap_or_else(|problem| problem.answer().into());
    log_request(caller, operation, request, &response);
    response
}
