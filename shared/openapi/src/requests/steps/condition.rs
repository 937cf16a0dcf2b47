//! Request schemas of the steps that react to a condition.

use serde_json::{Value, json};

use super::step::step;
use crate::requests::filter;
use crate::requests::json_schema::{object, optional, text};
use couponflow_http::doc::reference::schema;

/// Schemas of a step that reacts to a condition. The condition is an event with filters, or a
/// change of the contact's tags or lists.
pub(super) fn condition_steps(
    kind: &str,
    description: &str,
    required: &[&str],
    members: &[(&str, Value)],
) -> Vec<Value> {
    let (filter, events) = &filter::filter_schemas()[0];
    let events: Vec<&str> = events.iter().map(|event| event.trigger()).collect();
    let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
    let id = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 40,
        "description": "Id of an earlier step that outputs a coupon.",
    });
    let coupon = json!({
        "anyOf": [{"enum": ["same", "any"]}, object("The coupon of an earlier step.", &["step"], &[("step", id)])],
        "description": "The coupon that the event must be about: the coupon of the event that started the workflow \
                        (`same`), any coupon (`any`), or the coupon that an earlier step outputs. Default: `same`.",
    });
    let of_event = [("event", json!({"enum": events})), ("coupon", optional(coupon)), ("filters", optional(filters))];
    let required = [&["event"], required].concat();
    let mut forms = vec![step(kind, description, &required, &[&of_event, members].concat())];
    for (member, names) in [("tag", ["tag_added", "tag_removed"]), ("list", ["list_joined", "list_left"])] {
        let of_change = [("event", json!({"enum": names})), (member, text(1, 100, "Name. Case is ignored."))];
        forms.push(step(kind, description, &[&[member], &required[..]].concat(), &[&of_change, members].concat()));
    }
    forms
}
