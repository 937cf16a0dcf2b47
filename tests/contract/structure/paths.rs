//! Finds the files that the pages for contributors name.

use couponflow_tests::repository::{root, text};

/// Pages that name files of the repository.
pub(super) const PAGES: [&str; 5] =
    ["README.md", "infra/ARCHITECTURE.md", "infra/CONTRIBUTING.md", "tests/README.md", "infra/decisions/README.md"];

/// Abbreviations of folders that `ARCHITECTURE.md` introduces.
const FOLDERS: [(&str, &str); 4] = [
    ("domain/", "shared/domain/src/"),
    ("app/", "shared/app/src/"),
    ("aws/", "shared/aws/src/"),
    ("http/", "shared/http/src/"),
];

/// Returns the paths that a page names in backticks, without patterns such as `functions/*`.
pub(super) fn named(page: &str) -> Vec<String> {
    let text = text(page);
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |quoted: &&str| {
        let top = ["shared/", "functions/", "infra/", "tests/", "events/"];
        let begins = top.iter().chain(FOLDERS.iter().map(|(short, _)| short)).any(|top| quoted.starts_with(top));
        begins && !quoted.contains(['*', '<', '{', '…', ' ', '\n'])
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

/// Whether a named path exists.
pub(super) fn exists(path: &str) -> bool {
    let long = FOLDERS.iter().find_map(|(short, long)| Some(format!("{long}{}", path.strip_prefix(short)?)));
    root().join(long.unwrap_or_else(|| path.to_owned())).exists()
}
