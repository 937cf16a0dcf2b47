//! Request schemas of the steps that react to a condition.

use serde_json::{Value, json};

use super::step::{capitalized, named, step};
use crate::requests::filter;
use crate::requests::json_schema::{object, optional, text};

/// Schemas of a step that reacts to a condition. The condition is an event with filters, or a
/// change of the contact's tags or lists. The titles of the schemas begin with `title`.
pub(super) fn condition_steps(
    title: &str,
    kind: &str,
    description: &str,
    required: &[&str],
    members: &[(&str, Value)],
) -> Vec<Value> {
    let (filter, events) = &filter::filter_schemas()[0];
    let events: Vec<&str> = events.iter().map(|event| event.trigger()).collect();
    let id = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 40,
        "description": "Id of an earlier step that outputs a coupon.",
    });
    let coupon = json!({
        "anyOf": [{"title": "EventCoupon", "enum": ["same", "any"]}, object("CouponOfStep", "The coupon of an earlier step.", &["step"], &[("step", id)])],
        "description": "The coupon that the event must be about: the coupon of the event that started the workflow \
                        (`same`), any coupon (`any`), or the coupon that an earlier step outputs. Default: `same`.",
    });
    let of_event = [
        ("event", json!({"enum": events})),
        ("coupon", optional(coupon)),
        ("filters", optional(filter::filters(&[filter]))),
    ];
    let required = [&["event"], required].concat();
    let titled = |what: &str, step: Value| named(&format!("{title}{what}Step"), step);
    let mut forms = vec![titled("Event", step(kind, description, &required, &[&of_event, members].concat()))];
    for (member, names) in [("tag", ["tag_added", "tag_removed"]), ("list", ["list_joined", "list_left"])] {
        let of_change = [("event", json!({"enum": names})), (member, text(1, 100, "Name. Case is ignored."))];
        let required = [&[member], &required[..]].concat();
        let step = step(kind, description, &required, &[&of_change, members].concat());
        forms.push(titled(&capitalized(member), step));
    }
    forms
}
