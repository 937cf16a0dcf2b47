//! Testing some packages alone compiles no dependency again that was compiled for the whole
//! workspace.

use std::collections::BTreeSet;
use std::process::Command;

use couponflow_tests::repository;

/// Lists the dependencies of the selected packages, each with its enabled features.
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

/// Covers two selections of packages: `couponflow-tests` alone, and the packages of the fast tier.
#[test]
fn testing_some_packages_alone_recompiles_no_dependency() {
    let workspace = dependencies(&["--workspace"]);
    let fast = ["-p", "couponflow-domain", "-p", "couponflow-tests"];
    for selected in [&fast[2..], &fast] {
        let tests = dependencies(selected);
        assert!(tests.len() > 200, "{} dependencies", tests.len());
        let compiled_anew: Vec<_> = tests.difference(&workspace).collect();
        assert!(
            compiled_anew.is_empty(),
            "add the missing features of these crates to tests/Cargo.toml: {compiled_anew:?}"
        );
    }
}
