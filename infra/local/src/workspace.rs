//! Paths of the cargo workspace.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;
use tokio::process::Command;

use crate::Error;
use crate::process::output_of;

/// The workspace that contains the current directory.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// Directory of the root `Cargo.toml`.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Locates the workspace with `cargo metadata`.
    ///
    /// # Errors
    /// Returns an error if cargo cannot be run or the current directory is not inside a workspace.
    pub(crate) async fn locate() -> Result<Self, Error> {
        let doing = "locating the workspace";
        let metadata =
            output_of(doing, cargo().args(["metadata", "--no-deps", "--format-version", "1", "--offline"])).await?;
        serde_json::from_str(&metadata)
            .map_err(|error| Error::Unexpected { doing: doing.into(), answer: error.to_string() })
    }

    /// Path of a file in `infra/local`.
    pub(crate) fn local_file(&self, name: &str) -> PathBuf {
        self.root.join("infra/local").join(name)
    }

    /// Path of the template.
    pub(crate) fn template(&self) -> PathBuf {
        self.root.join("infra/template.yaml")
    }

    /// Path of a binary built by `cargo build`.
    pub(crate) fn dev_binary(&self, name: &str) -> PathBuf {
        self.target_directory.join("debug").join(name)
    }
}

/// Returns a command that runs the cargo executable that started this program, or else `cargo` from
/// the `PATH`. Removes the variables with which `cargo run` and `cargo test` describe the current
/// package, because these variables can make build scripts run again.
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
    fn cargo_command_drops_only_variables_that_describe_the_package() {
        assert!(describes_a_package("CARGO_PKG_NAME"));
        assert!(describes_a_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_a_package("CARGO_TARGET_DIR"));
        assert!(!describes_a_package("CARGO_HOME"));
    }
}
