//! Which public items lack a doc comment.
//!
//! The compiler's `missing_docs` asks for a comment on every field and variant, too, where a name often says all there is
//! to say. So that lint is off, and this check asks for comments on types, traits, functions and modules alone.

use syn::{Attribute, ImplItem, Item, TraitItem, Visibility};

use super::modules::Module;

pub(super) struct Found {
    pub(super) public: usize,
    pub(super) undocumented: Vec<String>,
}

/// Looks at the public items of a file.
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
