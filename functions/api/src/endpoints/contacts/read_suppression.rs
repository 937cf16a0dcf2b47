//! `GET /v1/suppressions`

use std::slice;

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use super::suppressed_address;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Suppression> {
    let doc =
        OperationDoc::json(tags::CONTACTS, "Read the suppression of an address", 200, samples::contacts::suppression())
            .description(
                "Returns the reason why the address is on the suppression list. Workflows send no e-mail to an \
                 address on the suppression list. The list stores a digest of each address instead of the address.",
            );
    suppressed_address::document(doc)
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Suppression> {
    let email = suppressed_address::read(call.request)?;
    let found = call.store.suppressions(slice::from_ref(&email)).await.map_err(failure)?;
    let suppression = found.into_iter().flatten().next().ok_or_else(|| Problem::not_found("suppression"))?;
    Ok(Reply::json(200, &view::Suppression::new(email, &suppression)))
}
