//! `GET /v1/applications/{id}`

use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Application> {
    OperationDoc::json(tags::PURCHASES, "Read an application", 200, samples::purchases::application())
        .path_id("ApplicationId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Application> {
    let id = call.id(ApplicationId::parse, "application")?;
    let application = call.store.application(&id).await.map_err(failure)?;
    let application = application.ok_or_else(|| Problem::not_found("application"))?;
    Ok(Reply::json(200, &view::Application::from(&application)))
}
