//! The structure of the code: no import circle between files, a doc comment on every public type and
//! function, and stored items that are independent of domain types.

mod circles;
mod docs;
mod items;
mod modules;
mod paths;

use modules::{CRATES, modules};

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    let mut edges = 0;
    for name in CRATES {
        let graph = circles::imports(&modules(name));
        edges += graph.values().map(|targets| targets.len()).sum::<usize>();
        circles.extend(circles::of(&graph).into_iter().map(|files| format!("{name}: {}", files.join(" <-> "))));
    }
    assert!(edges > 300, "{edges} imports found: the search for imports is broken");
    assert!(circles.is_empty(), "{} circles\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn every_public_type_and_function_has_a_doc_comment() {
    let mut public = 0;
    let mut undocumented = Vec::new();
    for name in CRATES {
        for module in modules(name) {
            let found = docs::of(&module);
            public += found.public;
            undocumented.extend(found.undocumented.into_iter().map(|item| format!("{}: {item}", module.file)));
        }
    }
    assert!(public > 500, "{public} public items found: the search for items is broken");
    assert!(undocumented.is_empty(), "{}", undocumented.join("\n"));
}

#[test]
fn stored_items_contain_no_domain_type_with_several_parts() {
    let domain = [modules("shared/domain"), modules("shared/app")].concat();
    let found = items::of(&modules("shared/aws"), &domain);
    assert!(found.fields > 100, "{} fields found: the search for stored items is broken", found.fields);
    assert!(found.forbidden.is_empty(), "{}", found.forbidden.join("\n"));
}

#[test]
fn every_file_that_a_page_for_contributors_names_exists() {
    let pages = paths::PAGES.iter().flat_map(|page| paths::named(page).into_iter().map(move |path| (*page, path)));
    let named: Vec<(&str, String)> = pages.collect();
    assert!(named.len() > 100, "{} paths found: the search for paths is broken", named.len());
    let missing: Vec<_> = named.iter().filter(|(_, path)| !paths::exists(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
