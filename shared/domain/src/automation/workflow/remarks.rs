//! Faults and warnings that are reported when a workflow is saved, but do not prevent running it.
//!
//! A document that was saved before one of these rules existed is still read and run, so the rules are separate from
//! reading.

use serde_json::Value;

use crate::kernel::input::{Errors, FieldError};
use crate::purchases::customer::Email;

/// Faults and warnings found while a workflow is read.
#[derive(Debug, Default)]
pub(super) struct ReviewFindings {
    /// Points that can never work; the workflow can't be saved.
    pub(super) faults: Errors,
    /// Points that are probably not meant; the workflow can be saved.
    pub(super) warnings: Errors,
}

/// Members of steps that are templates.
const TEMPLATES: [&str; 5] = ["subject", "html", "text", "body", "until"];

/// Members of the document that are searched for merge fields.
const PLACES: [&str; 3] = ["trigger", "steps", "on_failure"];

/// The members that list recipients.
const RECIPIENTS: [&str; 2] = ["to", "alert"];

impl ReviewFindings {
    /// Rejects merge fields where they are not rendered, such as a tag named `{{coupon.code}}`, or a filter that
    /// compares with it.
    pub(super) fn reject_unrendered_fields(&mut self, document: &Value) {
        for place in PLACES {
            if let Some(value) = document.get(place) {
                self.check_value(value, &format!("/{place}"));
            }
        }
    }

    /// Refuses recipients whose address was accepted by earlier versions only.
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
