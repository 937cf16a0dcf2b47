//! What is compiled once serves every command that the README names.

use std::collections::BTreeSet;
use std::process::Command;

use couponflow_tests::repository;

/// Every dependency of the selected packages, with the features that it is compiled with.
fn dependencies(selected: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "tree",
        "--offline",
        "--locked",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
        "--edges",
        "normal,build,dev",
    ]);
    let run = cargo.args(selected).current_dir(repository::root()).output().expect("cargo can be started");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let tree = String::from_utf8(run.stdout).expect("cargo writes UTF-8");
    tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[test]
fn the_tests_by_themselves_use_what_the_workspace_has_compiled() {
    let workspace = dependencies(&["--workspace"]);
    let tests = dependencies(&["-p", "couponflow-tests"]);
    assert!(tests.len() > 200, "{} dependencies", tests.len());
    let compiled_anew: Vec<_> = tests.difference(&workspace).collect();
    assert!(compiled_anew.is_empty(), "give tests/Cargo.toml the features of these: {compiled_anew:?}");
}
