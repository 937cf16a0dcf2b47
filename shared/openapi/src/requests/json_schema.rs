//! JSON Schemas of common values, lists and objects.

pub(super) use couponflow_domain::kernel::json_schema::{
    duration, email, integer, lines, list, object, optional, text,
};
