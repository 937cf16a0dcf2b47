//! Request schemas of the steps that react to a condition.

use serde_json::{Value, json};

use super::step_schema::{MAX_STEP_ID, step};
use crate::automation::filter::FilterSchema;
use crate::kernel::json_schema::{choice, object, optional};
use crate::kernel::label::Label;

/// Schemas of a step that reacts to a condition. The condition is an event with filters, or a change of the contact's
/// tags or lists. The titles of the schemas begin with `title`.
pub(super) fn condition_steps(
    title: &str,
    kind: &str,
    description: &str,
    required: &[&str],
    members: &[(&str, Value)],
) -> Vec<Value> {
    let filter = FilterSchema::OrderFilter;
    let events: Vec<&str> = filter.events().iter().map(|event| event.trigger()).collect();
    let of_event = [
        ("event", choice(events)),
        ("coupon", optional(coupon())),
        ("filters", optional(FilterSchema::member(&[filter]))),
    ];
    let required = [&["event"], required].concat();
    let titled = |what: &str| format!("{title}{what}Step");
    let mut forms = vec![step(&titled("Event"), kind, description, &required, &[&of_event, members].concat())];
    let changes = [("Tag", "tag", ["tag_added", "tag_removed"]), ("List", "list", ["list_joined", "list_left"])];
    for (what, member, names) in changes {
        let of_change =
            [("event", choice(names)), (member, Label::schema(&format!("Name of the {member}. Case is ignored.")))];
        let required = [&[member], &required[..]].concat();
        forms.push(step(&titled(what), kind, description, &required, &[&of_change, members].concat()));
    }
    forms
}

/// Schema of the coupon that an awaited event must concern.
fn coupon() -> Value {
    let id = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_STEP_ID,
        "description": "Id of an earlier step that outputs a coupon.",
    });
    let of_step = object("CouponOfStep", "The coupon of an earlier step.", &["step"], &[("step", id)]);
    json!({
        "anyOf": [{"title": "EventCoupon", "type": "string", "enum": ["same", "any"]}, of_step],
        "description": "The coupon that the event must concern: the coupon of the event that started the workflow \
                        (`same`), any coupon (`any`), or the coupon that an earlier step outputs. Default: `same`.",
    })
}
