//! `GET /v1/keys`

use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Page, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::Key>> {
    OperationDoc::list(tags::ACCESS, "List keys", samples::tenants::key(), Vec::new())
        .description(
            "Newest first, without secrets. Keys that are no longer valid are listed for 90 days. A new key \
             is listed within seconds. A key that an earlier version of couponflow created is listed after its next \
             use.",
        )
        .link(Operation::RevokeKey, "/data/0/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::Key>> {
    let page = call.request.page(KeyId::PREFIX, &[])?;
    let page = call.store.api_keys(&page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |key| view::Key::from(&key)))
}
