//! Runs operations for a caller: with rate limits, idempotency, the audit log and the request log.

use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::{KeyScope, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_domain::tenants::audit::{Actor, Author};
use couponflow_http::auth::{Caller, KeyCache};
use couponflow_http::rate_limits::{LimitedRequest, RequestLimits};
use couponflow_http::{Operation, Problem, Request, Response, serve};

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
    ) -> Response {
        let store = self.table.of(&caller.key.tenant_id);
        let run = async |limited: &LimitedRequest<'_>, seed: Seed| {
            let store = match operation.is_audited() {
                true => store.clone().audited(author(caller, operation, request, seed)),
                false => store.clone(),
            };
            let call = Call { store: &store, caller, request, path_id, seed };
            let answer = endpoints::run(operation, &call).await;
            let status = answer.as_ref().map_or_else(Problem::status, |answer| answer.status);
            if caller.key.scope == KeyScope::Storefront && status == 404 {
                limited.missed(1);
            }
            answer
        };
        serve(&store, &System, &self.limits, caller, operation, request, run).await
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
