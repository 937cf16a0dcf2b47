//! `DELETE /v1/applications/{id}`

use couponflow_app::purchases::apply;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, NoContent, Problem, Reply};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::PURCHASES, "Remove a code from an order")
        .description("Removes the application. If the application has a hold, releases the hold.")
        .path_id("ApplicationId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let id = call.id(ApplicationId::parse, "application")?;
    match apply::remove(call.store, &id).await.map_err(failure)? {
        true => Ok(Reply::no_content()),
        false => Err(Problem::not_found("application")),
    }
}
