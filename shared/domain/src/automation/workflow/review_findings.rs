//! Rules that apply when a workflow is saved, but not when it runs.
//!
//! The rules are separate from reading, because a workflow that was saved before a rule existed
//! must still run.

use serde_json::Value;

use crate::kernel::input::{Errors, FieldError};
use crate::purchases::customer::Email;

/// Faults and warnings found while a workflow is read.
#[derive(Debug, Default)]
pub(in crate::automation) struct ReviewFindings {
    /// Parts that can never work. With a fault, the workflow can't be saved.
    pub(in crate::automation) faults: Errors,
    /// Parts that are probably not what the author intended. The workflow can be saved.
    pub(in crate::automation) warnings: Errors,
}

/// Members of steps that are templates.
const TEMPLATES: [&str; 5] = ["subject", "html", "text", "body", "until"];

/// Members of the document that are searched for merge fields.
const PLACES: [&str; 3] = ["trigger", "steps", "on_failure"];

/// Members that list recipients.
const RECIPIENTS: [&str; 2] = ["to", "alert"];

impl ReviewFindings {
    /// Rejects merge fields in members that are not templates, for example in the name of a tag or
    /// in a filter value.
    pub(super) fn reject_unrendered_fields(&mut self, document: &Value) {
        for place in PLACES {
            if let Some(value) = document.get(place) {
                self.check_value(value, &format!("/{place}"));
            }
        }
    }

    /// Rejects recipient addresses that only earlier versions accepted.
    pub(super) fn reject_addresses(&mut self, document: &Value) {
        for place in PLACES {
            if let Some(value) = document.get(place) {
                self.look_for_addresses(value, &format!("/{place}"));
            }
        }
    }

    fn look_for_addresses(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::String(text) if RECIPIENTS.iter().any(|name| pointer.contains(&format!("/{name}/"))) => {
                if let (Ok(_), Err(fault)) = (Email::parse(text), Email::parse_stated(text)) {
                    self.faults.push(FieldError { pointer: pointer.to_owned(), detail: fault.to_string() });
                }
            }
            Value::Array(elements) => {
                let each = elements.iter().enumerate();
                each.for_each(|(i, element)| self.look_for_addresses(element, &format!("{pointer}/{i}")));
            }
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| !TEMPLATES.contains(&name.as_str())) {
                    self.look_for_addresses(member, &format!("{pointer}/{name}"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn check_value(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::String(text) if text.contains("{{") => self.faults.push(unfilled(pointer)),
            Value::Array(elements) => {
                elements
                    .iter()
                    .enumerate()
                    .for_each(|(i, element)| self.check_value(element, &format!("{pointer}/{i}")));
            }
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| !TEMPLATES.contains(&name.as_str())) {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.check_value(member, &format!("{pointer}/{name}"));
                }
            }
            _ => {}
        }
    }
}

fn unfilled(pointer: &str) -> FieldError {
    let instead = match pointer.contains("/filters") {
        true => "; to wait for the coupon of an earlier step, add \"coupon\": {\"step\": \"id\"} to the step",
        false => "",
    };
    let detail = format!("must not have merge fields: they are rendered only in {}{instead}", TEMPLATES.join(", "));
    FieldError { pointer: pointer.to_owned(), detail }
}
