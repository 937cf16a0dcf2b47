//! Writes `events/schemas/*.json` from the code.

use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{EventType, schema};
use couponflow_tests::{openapi, repository};

fn main() -> std::io::Result<()> {
    for kind in EventType::ALL {
        let path = repository::root().join(format!("events/schemas/{kind}.json"));
        std::fs::write(path, format!("{:#}\n", schema(*kind)))?;
    }
    let path = repository::root().join("events/schemas/ContactErased.json");
    std::fs::write(path, format!("{:#}\n", ContactErased::schema()))?;
    let path = repository::root().join("events/schemas/workflow.json");
    std::fs::write(path, format!("{:#}\n", couponflow_openapi::workflow_schema(&openapi::document())))
}
