//! Runs operations for a caller: with rate limits, idempotency, the audit log and the request log.

use chrono::{DateTime, Utc};
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::{KeyScope, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::tenants::audit::{Actor, Author};
use couponflow_http::auth::{Caller, KeyCache};
use couponflow_http::idempotency::once;
use couponflow_http::rate_limits::{LimitedRequest, RequestLimits};
use couponflow_http::request_log::log_request;
use couponflow_http::{Operation, Request, Response};

use crate::call::Call;
use crate::endpoints;

/// The table, and what this instance knows about callers.
pub(crate) struct Dispatch {
    pub(crate) table: Table,
    pub(crate) keys: KeyCache,
    limits: RequestLimits,
}

impl Dispatch {
    /// Creates a dispatcher that uses `table`.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default(), limits: RequestLimits::default() }
    }

    /// Runs an operation that the caller may call.
    pub(crate) async fn run(
        &self,
        caller: &Caller,
        operation: Operation,
        path_id: &str,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Response {
        let (store, key) = (self.table.of(&caller.key.tenant_id), &caller.key);
        let answer = async |seed| {
            let store = match operation.is_audited() {
                true => store.clone().audited(author(caller, operation, request, seed)),
                false => store.clone(),
            };
            let call = Call { store: &store, caller, request, path_id, seed };
            endpoints::run(operation, &call).await
        };
        let run = async |limited: &LimitedRequest<'_>| {
            let response = once(&store, &System, key, request, answer).await;
            if key.scope == KeyScope::Storefront && response.as_ref().is_ok_and(|response| response.status == 404) {
                limited.missed(1);
            }
            response
        };
        let answered = self.limits.run(&store, caller, request, now, run).await;
        let response = answered.unwrap_or_else(|problem| problem.answer().into());
        log_request(caller, operation, request, &response);
        response
    }
}

/// Returns the author of the changes of a request.
fn author(caller: &Caller, operation: Operation, request: &Request, seed: Seed) -> Author {
    Author {
        actor: Actor::Key(caller.key.id.clone()),
        operation: operation.name(),
        request_id: Some(request.id.clone()),
        at: seed.at,
        bits: seed.bits,
    }
}
