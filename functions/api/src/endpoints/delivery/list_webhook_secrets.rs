//! `GET /v1/webhook-secrets`

use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::WebhookSecret>> {
    let secrets = Page::new([samples::delivery::signing_secret()], None);
    OperationDoc::json(tags::WORKFLOWS, "List signing secrets", 200, secrets)
        .description("Lists the valid signing secrets, at most two, newest first. The secret values are not included.")
        .query_parameters(Vec::new())
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::WebhookSecret>> {
    call.request.only(&[])?;
    let secrets = call.store.signing_secrets(System.now()).await.map_err(failure)?;
    Ok(Reply::page(secrets.iter().map(view::WebhookSecret::from), None))
}
