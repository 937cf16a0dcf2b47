//! `GET /v1/triggers`

use couponflow_domain::automation::template::FILTERS;
use couponflow_domain::automation::trigger_catalog;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Reply, view};

use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<view::Triggers> {
    OperationDoc::json(tags::WORKFLOWS, "List triggers", 200, samples::automation::triggers()).description(
        "Returns the trigger catalog: all data that a workflow editor needs. Each trigger has filter fields and merge \
         fields. A filter field has operators and values, and states which operators match if the field has no value. \
         The catalog also lists the template filters, and the outputs of each step type. The catalog is the same for \
         every tenant and changes only with a release of couponflow.",
    )
}

pub(crate) async fn handle(_: &Call<'_>) -> EndpointResult<view::Triggers> {
    let (triggers, steps) = (trigger_catalog::triggers(), trigger_catalog::steps());
    Ok(Reply::json(200, &view::Triggers { triggers, filters: FILTERS.to_vec(), steps }))
}
