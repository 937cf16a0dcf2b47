//! `DELETE /v1/keys/{id}`

use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::keys;
use couponflow_app::tenants::keys::RevokeOutcome;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::RevokeRejection;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, NoContent, Problem, ProblemCode, Reply};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::ACCESS, "Revoke a key")
        .description(
            "The key stops working within a minute. A no-op if the key is already revoked or expired. The last valid \
             key with scope `admin` cannot be revoked: create another one first.",
        )
        .path_id("KeyId")
        .fails_with([ProblemCode::LastAdminKey])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let id = call.id(KeyId::parse, "key")?;
    match keys::revoke(call.store, &id, true, System.now()).await.map_err(failure)? {
        RevokeOutcome::Revoked => Ok(Reply::no_content()),
        RevokeOutcome::Rejected(RevokeRejection::UnknownKey) => Err(Problem::not_found("key")),
        RevokeOutcome::Rejected(RevokeRejection::LastAdminKey) => Err(Problem::last_admin_key()),
    }
}
