//! Finds fields that hold personal data in a type that `Debug` shows.

use quote::ToTokens as _;
use syn::{Attribute, Item};

use super::modules::Module;

/// Names of fields that hold personal data or rendered messages.
const PERSONAL: [&str; 14] = [
    "email",
    "customer_email",
    "customer_id",
    "first_name",
    "last_name",
    "claimed_first_name",
    "claimed_last_name",
    "html",
    "unsubscribe_url",
    "body",
    "body_start",
    "answer",
    "envelope",
    "execution",
];

/// Types whose texts are templates, which operators write.
const PERMITTED: [&str; 2] = ["Preview", "SendEmail"];

pub(super) struct Found {
    /// Number of fields with one of the names.
    pub(super) fields: usize,
    /// Fields that `Debug` of their type shows as text.
    pub(super) shown: Vec<String>,
}

/// Checks the structs of `modules`.
pub(super) fn of(modules: &[Module]) -> Found {
    let mut found = Found { fields: 0, shown: Vec::new() };
    for module in modules {
        for item in &module.items {
            let Item::Struct(item) = item else { continue };
            let name = item.ident.to_string();
            for field in &item.fields {
                let Some(field_name) = field.ident.as_ref().map(ToString::to_string) else { continue };
                if !PERSONAL.contains(&field_name.as_str()) || PERMITTED.contains(&name.as_str()) {
                    continue;
                }
                found.fields += 1;
                let of_type = field.ty.to_token_stream().to_string();
                if of_type.split_whitespace().any(|word| word == "String") && derives_debug(&item.attrs) {
                    found.shown.push(format!("{}: {name}.{field_name}", module.file));
                }
            }
        }
    }
    found
}

fn derives_debug(attributes: &[Attribute]) -> bool {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.map(|derive| derive.to_token_stream().to_string()).any(|derive| derive.contains("Debug"))
}
