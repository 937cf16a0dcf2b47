//! Finds stored items that contain domain types with several parts. A renamed part of such a type
//! would change the stored data.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Field, Fields, Item, UseTree};

use super::modules::Module;

/// Domain types with several parts that items may contain. `Detail` is the form of events on the
/// bus, which `events/schemas` and the golden files hold. `Percentage` is stored as a number.
const PERMITTED: [&str; 2] = ["Detail", "Percentage"];

pub(super) struct Found {
    /// Number of fields that contain a domain type.
    pub(super) fields: usize,
    /// Fields that contain a domain type with several parts.
    pub(super) forbidden: Vec<String>,
}

/// Checks the fields of all types of `adapter` that are read from items. `domain` are the modules
/// that define the domain types.
pub(super) fn of(adapter: &[Module], domain: &[Module]) -> Found {
    let compound: BTreeSet<String> = domain.iter().flat_map(|module| &module.items).filter_map(compound).collect();
    let mut found = Found { fields: 0, forbidden: Vec::new() };
    for module in adapter.iter().filter(|module| module.path.first().is_some_and(|room| room == "dynamo")) {
        let imported = domain_imports(module);
        for (name, field) in module.items.iter().filter(|item| is_stored(item)).flat_map(fields) {
            let types: BTreeSet<String> = words(field.ty.to_token_stream()).into_iter().collect();
            found.fields += usize::from(!types.is_disjoint(&imported));
            for of_domain in types.intersection(&imported).filter(|name| compound.contains(*name)) {
                if !PERMITTED.contains(&of_domain.as_str()) {
                    found.forbidden.push(format!("{}: {name} contains {of_domain}", module.file));
                }
            }
        }
    }
    found
}

/// Returns the name of a type that has several parts: a struct with named fields, or an enum whose
/// variants have data. A type that serde converts from another type has no parts.
fn compound(item: &Item) -> Option<String> {
    let (name, attributes, has_parts) = match item {
        Item::Struct(item) => (&item.ident, &item.attrs, matches!(item.fields, Fields::Named(_))),
        Item::Enum(item) => {
            let has_data = item.variants.iter().any(|variant| !matches!(variant.fields, Fields::Unit));
            (&item.ident, &item.attrs, has_data)
        }
        _ => return None,
    };
    let is_converted = has_word(attributes, "serde", &["from", "try_from", "transparent"]);
    (has_parts && !is_converted).then(|| name.to_string())
}

/// Whether the item is a type that serde reads.
fn is_stored(item: &Item) -> bool {
    match item {
        Item::Struct(item) => has_word(&item.attrs, "derive", &["Deserialize"]),
        Item::Enum(item) => has_word(&item.attrs, "derive", &["Deserialize"]),
        _ => false,
    }
}

/// Returns the fields of a type, with the name of the type.
fn fields(item: &Item) -> Vec<(String, &Field)> {
    match item {
        Item::Struct(item) => item.fields.iter().map(|field| (item.ident.to_string(), field)).collect(),
        Item::Enum(item) => {
            let of_variants = item.variants.iter().flat_map(|variant| &variant.fields);
            of_variants.map(|field| (item.ident.to_string(), field)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the names that a file imports from the domain or the use cases.
fn domain_imports(module: &Module) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &module.items {
        if let Item::Use(item) = item
            && let UseTree::Path(path) = &item.tree
            && ["couponflow_domain", "couponflow_app"].contains(&path.ident.to_string().as_str())
        {
            names.extend(words(path.tree.to_token_stream()));
        }
    }
    names
}

fn has_word(attributes: &[Attribute], name: &str, wanted: &[&str]) -> bool {
    let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    attributes.flat_map(|attribute| words(attribute.to_token_stream())).any(|word| wanted.contains(&word.as_str()))
}

fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(word) => vec![word.to_string()],
            TokenTree::Group(group) => words(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
        })
        .collect()
}
