//! Where this workspace's files are.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;
use tokio::process::Command;

use crate::Error;
use crate::process::output_of;

/// The workspace, as cargo sees it from the current directory.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// If cargo can't be run, or the current directory is not inside a workspace.
    pub(crate) async fn locate() -> Result<Self, Error> {
        let doing = "locating the workspace";
        let metadata =
            output_of(doing, cargo().args(["metadata", "--no-deps", "--format-version", "1", "--offline"])).await?;
        serde_json::from_str(&metadata)
            .map_err(|error| Error::Unexpected { doing: doing.into(), answer: error.to_string() })
    }

    /// A file of this package that is not compiled into it.
    pub(crate) fn local_file(&self, name: &str) -> PathBuf {
        self.root.join("infra/local").join(name)
    }

    /// The template that is deployed.
    pub(crate) fn template(&self) -> PathBuf {
        self.root.join("infra/template.yaml")
    }

    /// A binary that `cargo build` made.
    pub(crate) fn dev_binary(&self, name: &str) -> PathBuf {
        self.target_directory.join("debug").join(name)
    }
}

/// The cargo that runs this, without what `cargo run` or `cargo test` told this program about itself: build scripts
/// that look at those variables would run again.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(describes_a_package) {
            command.env_remove(name);
        }
    }
    command
}

fn describes_a_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_says_about_this_program_is_withheld_from_cargo() {
        assert!(describes_a_package("CARGO_PKG_NAME"));
        assert!(describes_a_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_a_package("CARGO_TARGET_DIR"));
        assert!(!describes_a_package("CARGO_HOME"));
    }
}
