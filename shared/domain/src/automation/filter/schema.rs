//! Request schemas of the member `filters`.

use serde_json::{Value, json};

use crate::events::event::EventType;
use crate::kernel::json_schema::{list, reference};

/// Schema of filters, in the components of the API document. A schema per trigger could list exactly the fields of the
/// trigger, but would make the document many times larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(const_into_str)]
pub enum FilterSchema {
    /// Filters of events with an order.
    OrderFilter,
    /// Filters of events without an order.
    CouponFilter,
}

impl FilterSchema {
    /// Returns the event types that the schema applies to.
    pub fn events(self) -> Vec<EventType> {
        let has_order = match self {
            Self::OrderFilter => true,
            Self::CouponFilter => false,
        };
        EventType::ALL.iter().copied().filter(|kind| kind.has_order() == has_order).collect()
    }

    /// Returns the schema of the member `filters`: a filter of one of these schemas, or a list of such filters, which
    /// may be empty.
    pub fn member(schemas: &[Self]) -> Value {
        let one = schemas.iter().map(|schema| reference(schema.into_str()));
        let several = schemas.iter().map(|schema| list(0, 100, reference(schema.into_str())));
        json!({
            "description": "A filter, or a list of filters. A list matches if all of its filters match.",
            "anyOf": one.chain(several).collect::<Vec<_>>(),
        })
    }
}
