//! `GET /v1/triggers`

use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::template::{FILTERS, TemplateFilter};
use couponflow_domain::automation::trigger_catalog::{self, StepForm, TriggerForm};
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Reply};
use schemars::JsonSchema;
use serde::Serialize;

use crate::call::Call;

/// The trigger catalog: triggers, template filters and step types that workflows can use.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Triggers {
    /// All triggers, event triggers first.
    triggers: Vec<TriggerForm>,
    /// Template filters, such as `money` in `{{order.total|money}}`.
    filters: Vec<TemplateFilter>,
    /// All step types.
    steps: Vec<StepForm>,
}

/// Response with a shortened trigger catalog: one trigger with one filter field and one merge
/// field, one template filter and one step type.
fn example() -> Triggers {
    let mut triggers = trigger_catalog::triggers();
    triggers.truncate(1);
    triggers.iter_mut().for_each(|trigger| {
        trigger.fields.truncate(1);
        trigger.merge_fields.truncate(1);
        trigger.merge_field_details.truncate(1);
    });
    let outputs = trigger_catalog::steps().into_iter().filter(|step| step.r#type == StepKind::GenerateCoupon);
    Triggers { triggers, filters: FILTERS[..1].to_vec(), steps: outputs.collect() }
}

pub(crate) fn doc() -> OperationDoc<Triggers> {
    OperationDoc::json(tags::WORKFLOWS, "List triggers", 200, example()).description(
        "Returns the trigger catalog, from which a workflow editor can build its forms. Each trigger has filter \
         fields and merge fields. A filter field has operators and values, and states which operators match if the \
         field has no value. The catalog also lists the template filters, and the outputs of each step type. The \
         catalog is the same for every tenant and changes only with a release of couponflow.",
    )
}

pub(crate) async fn handle(_: &Call<'_>) -> EndpointResult<Triggers> {
    let (triggers, steps) = (trigger_catalog::triggers(), trigger_catalog::steps());
    Ok(Reply::json(200, &Triggers { triggers, filters: FILTERS.to_vec(), steps }))
}
