//! Finds public items without a doc comment.
//!
//! The compiler's lint `missing_docs` also requires a comment on every field and variant, although
//! a name often says everything. Therefore the lint is off, and this check requires comments only
//! on types, traits, functions and constants.

use syn::{Attribute, ImplItem, Item, TraitItem, Visibility};

use super::modules::Module;

pub(super) struct Found {
    pub(super) public: usize,
    pub(super) undocumented: Vec<String>,
}

/// Counts the public items of a file and lists those without a doc comment.
pub(super) fn of(module: &Module) -> Found {
    let mut found = Found { public: 0, undocumented: Vec::new() };
    for item in &module.items {
        match item {
            Item::Const(item) => found.look(&item.vis, &item.attrs, &item.ident),
            Item::Enum(item) => found.look(&item.vis, &item.attrs, &item.ident),
            Item::Fn(item) => found.look(&item.vis, &item.attrs, &item.sig.ident),
            Item::Struct(item) => found.look(&item.vis, &item.attrs, &item.ident),
            Item::Type(item) => found.look(&item.vis, &item.attrs, &item.ident),
            Item::Trait(item) => {
                found.look(&item.vis, &item.attrs, &item.ident);
                for member in &item.items {
                    if let TraitItem::Fn(function) = member {
                        found.look(&item.vis, &function.attrs, &function.sig.ident);
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() => {
                for member in &item.items {
                    match member {
                        ImplItem::Fn(function) => found.look(&function.vis, &function.attrs, &function.sig.ident),
                        ImplItem::Const(constant) => found.look(&constant.vis, &constant.attrs, &constant.ident),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

impl Found {
    fn look(&mut self, visibility: &Visibility, attributes: &[Attribute], name: &syn::Ident) {
        if matches!(visibility, Visibility::Public(_)) {
            self.public += 1;
            if !attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
                self.undocumented.push(name.to_string());
            }
        }
    }
}
