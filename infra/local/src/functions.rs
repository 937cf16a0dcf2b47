//! Builds the function binaries and copies them to the paths that the template expects. The build uses the dev profile,
//! because `cargo test` can then reuse its artifacts.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::Error;
use crate::progress::Progress;
use crate::workspace::{Workspace, cargo};

/// The functions of the template. A function's package, binary and code directory have the same name.
pub(crate) const NAMES: [&str; 6] = ["apply", "redeem", "api", "expiry-scan", "event-relay", "action-executor"];

/// Builds all binaries of the workspace and shows cargo's own output.
///
/// # Errors
/// Returns an error if the build fails. cargo has already printed the reason.
pub(crate) async fn build(workspace: &Workspace, progress: Progress) -> Result<(), Error> {
    let doing = "building the functions";
    let step = progress.step("Building the functions");
    step.hide();
    let status = cargo()
        .current_dir(&workspace.root)
        .args(["build", "--workspace", "--bins"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(Error::io(doing))?;
    if !status.success() {
        return Err(Error::Command { doing: doing.into(), status, output: "see the output of cargo above".into() });
    }
    step.done("Built the functions");
    Ok(())
}

/// Copies the template and the binaries into `directory`, to the paths that a build for deployment
/// uses: `infra/template.yaml` and `target/lambda/<name>/bootstrap`.
///
/// # Errors
/// Returns an error if a file is missing or cannot be copied.
pub(crate) async fn stage(workspace: &Workspace, directory: &Path) -> Result<(), Error> {
    let infra = directory.join("infra");
    fs::create_dir_all(&infra).map_err(Error::io("creating the staging directory"))?;
    fs::copy(workspace.template(), infra.join("template.yaml")).map_err(Error::io("staging the template"))?;
    for name in NAMES {
        let code = directory.join("target/lambda").join(name);
        fs::create_dir_all(&code).map_err(Error::io("creating the staging directory"))?;
        stage_binary(&workspace.dev_binary(name), &code.join("bootstrap")).await?;
    }
    Ok(())
}

/// Copies a binary without its symbols, because the symbols are most of its size. Copies the whole
/// binary if `strip` fails. Does nothing if the existing copy is newer.
async fn stage_binary(built: &Path, staged: &Path) -> Result<(), Error> {
    let doing = || format!("staging {}", built.display());
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let built_at = modified(built).map_err(Error::io(doing()))?;
    if modified(staged).is_ok_and(|staged_at| staged_at > built_at) {
        return Ok(());
    }
    let stripped = Command::new("strip").arg("-o").arg(staged).arg(built).stderr(Stdio::null()).status().await;
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(built, staged).map_err(Error::io(doing()))?;
    }
    Ok(())
}
