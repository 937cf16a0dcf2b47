//! The request that an endpoint handles.

use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::kernel::input::FieldError;
use couponflow_http::auth::Caller;
use couponflow_http::{Problem, Request};
use serde_json::Value;

/// One call of an endpoint that requires no API key.
pub(crate) struct PublicCall<'a> {
    pub(crate) table: &'a Table,
    pub(crate) request: &'a Request,
    /// Token in the path. Empty if the path has no token.
    pub(crate) token: &'a str,
}

/// One call of an endpoint by a tenant.
pub(crate) struct Call<'a> {
    pub(crate) store: &'a TenantStore,
    /// Key and tenant of the request.
    pub(crate) caller: &'a Caller,
    pub(crate) request: &'a Request,
    /// Id in the path. Empty if the path has no id.
    pub(crate) path_id: &'a str,
    /// Instant and random bits from which the endpoint derives the ids of the resources that it
    /// creates. A repeated request with the same idempotency key has the same seed.
    pub(crate) seed: Seed,
}

impl Call<'_> {
    /// Parses the id in the path.
    ///
    /// # Errors
    /// Returns a problem with status 404 if the id is invalid. The problem is the same as for a
    /// resource that does not exist.
    pub(crate) fn id<T, E>(&self, parse: impl FnOnce(&str) -> Result<T, E>, what: &str) -> Result<T, Problem> {
        parse(self.path_id).map_err(|_| Problem::not_found(what))
    }

    /// Reads a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// Returns a problem if the body is not a JSON object.
    pub(crate) fn merge_patch(&self) -> Result<Value, Problem> {
        let patch = self.request.json()?;
        if !patch.is_object() {
            let detail = "must be an object with the members to change; null removes a member".to_owned();
            return Err(Problem::invalid(vec![FieldError { pointer: String::new(), detail }]));
        }
        Ok(patch)
    }
}
