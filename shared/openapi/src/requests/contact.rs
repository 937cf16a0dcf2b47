//! What contacts are made with.

use couponflow_domain::contact::MOST_MEMBERS;
use serde_json::{Map, Value, json};

use super::{email, list, nullable, object, optional, text};

fn members() -> [(&'static str, Value); 9] {
    let set = |of: &str| optional(list(0, MOST_MEMBERS, text(1, 100, of)));
    let zone = json!({"type": "string", "description": "Of the IANA database."});
    let locale = json!({"type": "string", "maxLength": 35, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        "description": "A language tag (BCP 47)."});
    let state = json!({"type": "string", "enum": ["unknown", "granted", "withdrawn"]});
    let source = optional(text(1, 100, "How it was said."));
    let consent = object("What they said about being written to.", &["email"], &[("email", state), ("source", source)]);
    [
        ("email", nullable(email("Where mail reaches them."))),
        ("customer_id", nullable(text(1, 100, "The shop's id of the customer."))),
        ("first_name", optional(text(1, 100, "First name."))),
        ("last_name", optional(text(1, 100, "Last name."))),
        (
            "tags",
            set(
                "A tag. Tags that differ only in case, Unicode form or space around them are one; the first spelling is shown.",
            ),
        ),
        ("lists", set("A list; spellings are compared as those of tags are.")),
        ("time_zone", optional(zone)),
        ("locale", optional(locale)),
        ("consent", optional(consent)),
    ]
}

pub(super) fn schemas() -> Map<String, Value> {
    let mut contact = object("Somebody known by an address, by the shop's id, or both.", &[], &members());
    let known_by = |name: &str| json!({"required": [name], "properties": {name: {"type": "string"}}});
    contact["anyOf"] = json!([known_by("email"), known_by("customer_id")]);
    let patch = object("The details to change.", &[], &members());
    Map::from_iter([("ContactInput".to_owned(), contact), ("ContactPatch".to_owned(), patch)])
}
