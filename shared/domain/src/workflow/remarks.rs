//! What is said about a workflow when it is saved, beside what keeps it from being read.
//!
//! A document that was saved before a rule came up is still read and run, so these rules are apart from reading.

use serde_json::Value;

use crate::input::{Errors, FieldError};

/// What is said about a workflow when it is saved.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// What can never work as it is written, and is refused.
    pub(super) refusals: Errors,
    /// What may not be meant, and is saved.
    pub(super) warnings: Errors,
}

/// The members of steps that are templates.
const TEMPLATES: [&str; 5] = ["subject", "html", "text", "body", "until"];

/// The members that hold steps, what sets the workflow off, or what is done about a failure.
const PLACES: [&str; 3] = ["trigger", "steps", "on_failure"];

impl Remarks {
    /// Refuses merge fields where they are not filled in: a tag named `{{coupon.code}}`, or a filter that compares with it.
    pub(super) fn refuse_unfilled(&mut self, document: &Value) {
        for place in PLACES {
            if let Some(value) = document.get(place) {
                self.look_into(value, &format!("/{place}"));
            }
        }
    }

    fn look_into(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::String(text) if text.contains("{{") => self.refusals.push(unfilled(pointer)),
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, element)| self.look_into(element, &format!("{pointer}/{i}")));
            }
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| !TEMPLATES.contains(&name.as_str())) {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.look_into(member, &format!("{pointer}/{name}"));
                }
            }
            _ => {}
        }
    }
}

fn unfilled(pointer: &str) -> FieldError {
    let instead = match pointer.contains("/filters") {
        true => "; to wait for the coupon of an earlier step, write \"coupon\": {\"step\": \"id\"} beside event",
        false => "",
    };
    let detail =
        format!("is taken as it is written: merge fields are filled in in {} only{instead}", TEMPLATES.join(", "));
    FieldError { pointer: pointer.to_owned(), detail }
}
