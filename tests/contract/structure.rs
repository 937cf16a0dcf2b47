//! The structure of the code: no import circle between files, a doc comment on every public type and
//! function, stored items that are independent of domain types, and personal data that `Debug` does not show.

mod circles;
mod docs;
mod items;
mod modules;
mod paths;
mod personal;

use couponflow_tests::repository::text;
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
fn debug_shows_no_field_with_personal_data() {
    let modules: Vec<_> = CRATES.iter().flat_map(|name| modules(name)).collect();
    let found = personal::of(&modules);
    assert!(found.fields > 40, "{} fields found: the search for fields is broken", found.fields);
    assert!(found.shown.is_empty(), "use PersonalText, or remove Debug:\n{}", found.shown.join("\n"));
}

#[test]
fn every_function_installs_the_panic_hook() {
    for name in CRATES.iter().filter(|name| name.starts_with("functions/")) {
        let main = text(&format!("{name}/src/main.rs"));
        assert!(main.contains("telemetry::init();"), "{name}: main.rs does not call telemetry::init");
    }
}

#[test]
fn every_file_that_a_page_for_contributors_names_exists() {
    let pages = paths::PAGES.iter().flat_map(|page| paths::named(page).into_iter().map(move |path| (*page, path)));
    let named: Vec<(&str, String)> = pages.collect();
    assert!(named.len() > 100, "{} paths found: the search for paths is broken", named.len());
    let missing: Vec<_> = named.iter().filter(|(_, path)| !paths::exists(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
