//! `DELETE /v1/suppressions`

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, NoContent, Problem, Reply};

use super::suppressed_address;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    let doc = OperationDoc::no_content(tags::CONTACTS, "Remove an address from the suppression list")
        .description("Workflows send e-mail to the address again, until the next permanent bounce or spam complaint.");
    suppressed_address::document(doc)
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let email = suppressed_address::read(call.request)?;
    match call.store.lift(&email, System.now()).await.map_err(failure)? {
        true => Ok(Reply::no_content()),
        false => Err(Problem::not_found("suppression")),
    }
}
