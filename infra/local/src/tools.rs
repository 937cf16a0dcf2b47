//! Installs the Python tools of the stack, once per version of their lock file and of Python.
//!
//! The installation is in the user's cache directory and is shared by all checkouts and tests.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::Error;
use crate::process::output_of;
use crate::progress::Progress;
use crate::workspace::Workspace;

const NO_PYTHON: Error = Error::Missing {
    what: "Python 3.11 or later (python3)",
    remedy: "install it (on Debian: apt install python3 python3-venv)",
};
const NO_VENV: Error =
    Error::Missing { what: "the Python module venv", remedy: "install it (on Debian: apt install python3-venv)" };

/// A set of tools with a common lock file.
#[derive(Clone, Copy, Debug)]
pub enum Toolset {
    /// The emulator, and the tools that deploy and check the template.
    Stack,
    /// `cargo lambda` with its cross-compiler.
    CargoLambda,
    /// The tool that checks the template for insecure settings.
    Checkov,
    /// The tool that tests the HTTP API against its OpenAPI document.
    Schemathesis,
    /// The AWS CLI, for commands of the runbook on the local stack.
    AwsCli,
    /// The generator of Python clients of the HTTP API, and Node.js for the TypeScript client.
    Clients,
}

impl Toolset {
    pub(crate) fn lock_file(self) -> &'static str {
        match self {
            Self::Stack => "requirements.txt",
            Self::CargoLambda => "requirements-cargo-lambda.txt",
            Self::Checkov => "requirements-checkov.txt",
            Self::Schemathesis => "requirements-schemathesis.txt",
            Self::AwsCli => "requirements-aws-cli.txt",
            Self::Clients => "requirements-clients.txt",
        }
    }
}

/// Installs a toolset if necessary and returns the directory that contains its `bin`.
///
/// If several processes call this function at the same time, one process installs the tools and the
/// others wait.
///
/// # Errors
/// Returns an error if Python is missing or too old, or if the packages cannot be downloaded.
pub async fn install(toolset: Toolset) -> Result<PathBuf, Error> {
    let workspace = Workspace::locate().await?;
    install_from(&workspace.local_file(toolset.lock_file()), Progress::Shown).await
}

/// Installs the packages listed in `lock_file` if necessary and returns their virtual environment.
pub(crate) async fn install_from(lock_file: &Path, progress: Progress) -> Result<PathBuf, Error> {
    let python = python_version().await?;
    let lock = fs::read(lock_file).map_err(Error::io(format!("reading {}", lock_file.display())))?;
    let directory = cache_directory()?.join(format!("tools-{}", fingerprint(&[&lock, python.as_bytes()])));
    let complete = directory.join("complete");
    let _guard = lock_beside(&directory)?;
    if !complete.exists() {
        let step = progress.step("Installing the tools (first run only)");
        create_environment(&directory).await?;
        step.note("downloading packages");
        install_packages(&directory, lock_file).await?;
        fs::write(&complete, "").map_err(Error::io("marking the tools as installed"))?;
        step.done("Installed the tools");
    }
    Ok(directory)
}

async fn python_version() -> Result<String, Error> {
    let check = "import sys; sys.exit(sys.version_info < (3, 11)) or print(sys.version, sys.platform)";
    output_of("looking for Python", Command::new("python3").args(["-c", check])).await.map_err(|_| NO_PYTHON)
}

async fn create_environment(directory: &Path) -> Result<(), Error> {
    let mut python = Command::new("python3");
    python.args(["-m", "venv", "--clear"]).arg(directory);
    match output_of("creating a Python environment", &mut python).await {
        Err(Error::Command { output, .. }) if output.contains("ensurepip") || output.contains("No module") => {
            Err(NO_VENV)
        }
        other => other.map(drop),
    }
}

async fn install_packages(directory: &Path, lock_file: &Path) -> Result<(), Error> {
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"])
        .arg("--requirement")
        .arg(lock_file);
    output_of("installing the tools", &mut pip).await.map(drop)
}

/// Waits for the exclusive lock on a tools directory. Dropping the returned file releases the lock.
fn lock_beside(directory: &Path) -> Result<File, Error> {
    let doing = "locking the tools directory";
    let path = directory.with_extension("lock");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io(doing))?;
    }
    let file = File::create(path).map_err(Error::io(doing))?;
    file.lock().map_err(Error::io(doing))?;
    Ok(file)
}

fn cache_directory() -> Result<PathBuf, Error> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    cache
        .map(|cache| cache.join("couponflow"))
        .ok_or(Error::Missing { what: "the path of the home directory", remedy: "set HOME or XDG_CACHE_HOME" })
}

fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
