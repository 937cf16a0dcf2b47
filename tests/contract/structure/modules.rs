//! Parses the modules of a crate.

use std::path::Path;

use couponflow_tests::repository::root;
use syn::{Attribute, Item};

/// The crates whose structure is checked, as folders of the repository.
pub(super) const CRATES: [&str; 13] = [
    "shared/domain",
    "shared/app",
    "shared/aws",
    "shared/http",
    "shared/console",
    "shared/openapi",
    "shared/outbound",
    "functions/action-executor",
    "functions/api",
    "functions/apply",
    "functions/event-relay",
    "functions/expiry-scan",
    "functions/redeem",
];

/// A file of a crate, without its tests.
#[derive(Clone)]
pub(super) struct Module {
    /// The module path from the crate's root, for example `["purchases", "hold"]`.
    pub(super) path: Vec<String>,
    /// The file's path from the root of the repository.
    pub(super) file: String,
    pub(super) items: Vec<Item>,
}

/// Parses the files of a crate, without test modules.
pub(super) fn modules(name: &str) -> Vec<Module> {
    let source = root().join(name).join("src");
    let mut found = Vec::new();
    visit(&source, &source, name, &mut found);
    found
}

fn visit(folder: &Path, source: &Path, name: &str, found: &mut Vec<Module>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            visit(&path, source, name, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(source).unwrap();
            let segments = relative.with_extension("");
            let mut segments: Vec<String> =
                segments.iter().map(|segment| segment.to_str().unwrap().to_owned()).collect();
            if matches!(segments.last().map(String::as_str), Some("lib" | "main" | "mod")) {
                segments.pop();
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let items = parsed.items.into_iter().filter(|item| !is_test(item)).collect();
            found.push(Module { path: segments, file: format!("{name}/src/{}", relative.display()), items });
        }
    }
}

fn is_test(item: &Item) -> bool {
    let is_cfg_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    };
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(is_cfg_test)
}
