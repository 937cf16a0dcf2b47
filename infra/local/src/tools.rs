//! The Python tools a stack runs on, installed once for each version of their lock file.
//!
//! They live in the user's cache directory, so that every checkout and every test shares one installation.

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
    what: "python3, version 3.11 or later,",
    remedy: "install Python (on Debian: apt install python3 python3-venv)",
};
const NO_VENV: Error = Error::Missing {
    what: "Python's venv module",
    remedy: "install the Python package that has it (on Debian: apt install python3-venv)",
};

/// Tools that are installed together.
#[derive(Clone, Copy, Debug)]
pub enum Toolset {
    /// The emulator, and what deploys and checks the template.
    Stack,
    /// `cargo lambda` with the cross-compiler it brings.
    CargoLambda,
    /// What holds the HTTP API to its OpenAPI document.
    Schemathesis,
}

impl Toolset {
    pub(crate) fn lock_file(self) -> &'static str {
        match self {
            Self::Stack => "requirements.txt",
            Self::CargoLambda => "requirements-cargo-lambda.txt",
            Self::Schemathesis => "requirements-schemathesis.txt",
        }
    }
}

/// Makes sure that a toolset is installed, and returns the directory that holds its `bin`.
///
/// Processes that call this at the same time wait for the one that installs.
///
/// # Errors
/// If Python is missing or too old, or the packages can't be fetched.
pub async fn install(toolset: Toolset) -> Result<PathBuf, Error> {
    let workspace = Workspace::locate().await?;
    install_from(&workspace.local_file(toolset.lock_file()), Progress::Shown).await
}

/// Makes sure that what `lock_file` lists is installed; returns the virtual environment it is in.
pub(crate) async fn install_from(lock_file: &Path, progress: Progress) -> Result<PathBuf, Error> {
    let python = python_version().await?;
    let lock = fs::read(lock_file).map_err(Error::io(format!("reading {}", lock_file.display())))?;
    let directory = cache_directory()?.join(format!("tools-{}", fingerprint(&[&lock, python.as_bytes()])));
    let complete = directory.join("complete");
    let _guard = lock_beside(&directory)?;
    if !complete.exists() {
        let step = progress.step("Installing the tools (once)");
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

/// Held while tools are looked at or installed; released when dropped.
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
        .ok_or(Error::Missing { what: "a home directory", remedy: "set HOME or XDG_CACHE_HOME" })
}

fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
