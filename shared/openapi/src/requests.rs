//! Collects the schemas of request bodies that several operations have, and of the parts of request bodies. The schemas
//! are next to the readers in `couponflow-domain`.

use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::automation::{filter, workflow};
use couponflow_domain::contacts::contact;
use couponflow_domain::coupons::coupon;
use couponflow_domain::kernel::money;
use couponflow_domain::purchases;
use serde_json::{Map, Value};

/// Returns the schemas by component name.
pub(crate) fn schemas() -> Map<String, Value> {
    let schemas = money::request_schemas().into_iter();
    let schemas = schemas.chain(contact::request_schemas()).chain(coupon::request_schemas());
    let schemas = schemas.chain(purchases::request_schemas()).chain(filter::request_schemas());
    let schemas = schemas.chain([("WorkflowTemplateName", WorkflowTemplate::name_schema())]);
    schemas
        .map(|(name, schema)| (name.to_owned(), schema))
        .chain(workflow::request_schemas())
        .chain(workflow::edit::edit_schemas())
        .collect()
}
