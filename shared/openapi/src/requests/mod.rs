//! Schemas of request bodies, written by hand. An optional member may also be null. Rules that JSON
//! Schema cannot express are in the documentation of the endpoints.

mod code;
mod contact;
mod coupon;
mod dry_run;
mod filter;
mod json_schema;
mod money;
mod purchase;
mod steps;
mod template;
mod time_window;
pub(crate) mod workflow;
mod workflow_template;
mod workflow_version;

use serde_json::{Map, Value};

/// Builds the schemas of all request bodies and their parts.
pub(crate) fn schemas() -> Map<String, Value> {
    let mut schemas = money::schemas();
    schemas.extend(contact::schemas());
    schemas.extend(code::schemas());
    schemas.extend(coupon::schemas());
    schemas.extend(purchase::schemas());
    schemas.extend(workflow::schemas());
    schemas.extend(steps::schemas());
    schemas.extend(workflow_version::schemas());
    schemas.extend(dry_run::schemas());
    schemas.extend(workflow_template::schemas());
    schemas.extend(filter::schemas());
    schemas.extend(template::schemas());
    schemas
}
