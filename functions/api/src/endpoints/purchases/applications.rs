//! Endpoints for applications.

use couponflow_app::purchases::apply;
use couponflow_app::purchases::ports::Applications as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_http::{Answer, Problem, view};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn read(store: &TenantStore, application_id: &str) -> EndpointResult {
    let id = id(ApplicationId::parse, application_id, "application")?;
    let application = store.application(&id).await.map_err(failure)?;
    let application = application.ok_or_else(|| Problem::not_found("application"))?;
    Ok(Answer::json(200, view::application(&application)))
}

pub(crate) async fn remove(store: &TenantStore, application_id: &str) -> EndpointResult {
    let id = id(ApplicationId::parse, application_id, "application")?;
    match apply::remove(store, &id).await.map_err(failure)? {
        true => Ok(Answer::no_content()),
        false => Err(Problem::not_found("application")),
    }
}
