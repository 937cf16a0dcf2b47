//! Vendored assets are the published files: their checksums and licences are committed beside them.

use std::collections::BTreeSet;
use std::path::Path;

use couponflow_tests::repository::{root, text};
use sha2::{Digest as _, Sha256};

/// Folders with vendored files. Each has a file `SHA256SUMS`.
const VENDORED: [&str; 2] = ["shared/console/assets", "tests/flow/console/axe-core"];

/// Files in these folders that belong to the project.
const OWN: [&str; 2] = ["console.css", "console.js"];

fn digest(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lists the files of a folder, relative to the folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.remove("SHA256SUMS");
    found
}

#[test]
fn vendored_files_have_their_published_checksums() {
    let mut checked = 0;
    for vendored in VENDORED {
        let folder = root().join(vendored);
        let mut listed = BTreeSet::new();
        for line in text(&format!("{vendored}/SHA256SUMS")).lines() {
            let (expected, file) = line.split_once("  ").expect("a checksum and a file");
            assert_eq!(digest(&folder.join(file)), expected, "{vendored}/{file}");
            listed.insert(file.to_owned());
            checked += 1;
        }
        let unlisted: Vec<String> =
            files(&folder).difference(&listed).filter(|file| !OWN.contains(&file.as_str())).cloned().collect();
        assert_eq!(unlisted, Vec::<String>::new(), "files of {vendored} without a checksum");
        assert!(listed.iter().any(|file| file.contains("LICENSE")), "{vendored} has no licence");
    }
    assert!(checked >= 6, "{checked} files");
}

#[test]
fn pages_contain_no_inline_script_or_style() {
    let folder = root().join("shared/console/templates");
    let templates = files(&folder);
    for template in &templates {
        let html = std::fs::read_to_string(folder.join(template)).unwrap();
        for inline in ["<style", " style=", " onclick=", " onchange=", " onsubmit=", "hx-on", "javascript:", "|safe"] {
            assert!(!html.contains(inline), "{template} contains {inline}");
        }
        assert_eq!(html.matches("<script").count(), html.matches("<script src=").count(), "{template}");
    }
    assert!(templates.len() >= 10, "{} templates", templates.len());
}
