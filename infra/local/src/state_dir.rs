//! The state directory of a stack: log, staged binaries, data, and the files that describe the running stack.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Keys, StackInfo};

/// File in which the emulator saves tables and their items.
const SAVED_TABLES: &str = "dynamodb.json";

/// File that describes the running stack.
const INFO: &str = "stack.json";

/// Settings of a run, saved for a later run that loads the same data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptSettings {
    /// Port of the run. A later run uses the same port if it is free, so that addresses stay valid.
    pub(crate) port: u16,
    pub(crate) tenant_id: String,
    /// Keys of the tenant. The table contains only their hashes.
    pub(crate) keys: Keys,
}

/// A state directory locked by this process. Dropping it releases the lock.
pub(crate) struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Locks the directory for this process and creates it if necessary. Deletes data of an earlier run unless
    /// `keep_data` is set.
    ///
    /// # Errors
    /// Returns an error if a running stack has locked the directory, or the directory is not
    /// writable.
    pub(crate) fn claim(path: &Path, keep_data: bool) -> Result<Self, Error> {
        let doing = || Error::io(format!("preparing {}", path.display()));
        fs::create_dir_all(path).map_err(doing())?;
        let lock = File::create(path.join("lock")).map_err(doing())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::AlreadyRunning { state_dir: path.into() }),
            Err(TryLockError::Error(source)) => return Err(doing()(source)),
        }
        let path = path.canonicalize().map_err(doing())?;
        let directory = Self { path, _lock: lock };
        directory.remove_info();
        if !keep_data {
            remove_directory(&directory.data()).map_err(doing())?;
        }
        remove_directory(&directory.scratch()).map_err(doing())?;
        for needed in [directory.data(), directory.scratch()] {
            fs::create_dir_all(needed).map_err(doing())?;
        }
        Ok(directory)
    }

    /// Reads the description of the stack that runs in a directory.
    ///
    /// # Errors
    /// Returns an error if no stack runs in the directory. Ignores the description in a directory
    /// that is not locked, because the process that wrote the description has ended.
    pub(crate) fn running(path: &Path) -> Result<StackInfo, Error> {
        let none = || Error::NotRunning { state_dir: path.into() };
        let lock = File::open(path.join("lock")).map_err(|_| none())?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_json(&path.join(INFO)).ok_or_else(none),
            Ok(()) | Err(TryLockError::Error(_)) => Err(none()),
        }
    }

    /// Path of the emulator's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("ministack.log")
    }

    /// Directory of the staged template and binaries.
    pub(crate) fn build(&self) -> PathBuf {
        self.path.join("build")
    }

    /// Directory of the data that can be kept for the next run.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Directory of temporary files, emptied at each start.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Returns the settings of the run that saved the data. `None` if no data was saved, for
    /// example because the emulator was killed: the tenant of the settings then does not exist.
    pub(crate) fn kept(&self) -> Option<KeptSettings> {
        if !self.data().join(SAVED_TABLES).exists() {
            return None;
        }
        read_json(&self.data().join("kept.json"))
    }

    /// Saves the settings for a later run that loads the same data.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(crate) fn keep(&self, kept: &KeptSettings) -> Result<(), Error> {
        write_json(&self.data().join("kept.json"), kept)
    }

    /// Writes `stack.json` for programs that use the stack, and `functions.env` for functions that
    /// run outside the emulator. Both files are removed when the stack stops.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub(crate) fn publish_info(&self, info: &StackInfo) -> Result<(), Error> {
        fs::write(self.function_environment(), info.function_environment())
            .map_err(Error::io("writing functions.env"))?;
        write_json(&self.info(), info)
    }

    /// Removes `stack.json` and `functions.env`. Ignores missing files.
    pub(crate) fn remove_info(&self) {
        for path in [self.info(), self.function_environment()] {
            let _ = fs::remove_file(path);
        }
    }

    fn function_environment(&self) -> PathBuf {
        self.path.join("functions.env")
    }

    fn info(&self) -> PathBuf {
        self.path.join(INFO)
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        self.remove_info();
    }
}

fn remove_directory(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes the file atomically: writes to a temporary file, then renames it.
fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let doing = || Error::io(format!("writing {}", path.display()));
    let text = serde_json::to_vec_pretty(value).map_err(|error| doing()(error.into()))?;
    let partial = path.with_extension("partial");
    fs::write(&partial, text).map_err(doing())?;
    fs::rename(&partial, path).map_err(doing())
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    /// A directory used by one test. Dropping it removes the directory.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Self {
            Self(env::temp_dir().join(format!("couponflow-local-{test}-{}", std::process::id())))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = remove_directory(&self.0);
        }
    }

    fn kept() -> KeptSettings {
        let key = String::from;
        KeptSettings {
            port: 4566,
            tenant_id: key("demo"),
            keys: Keys { storefront: key("a"), server: key("b"), admin: key("c") },
        }
    }

    #[test]
    fn state_directory_can_be_claimed_by_one_stack_at_a_time() -> Result<(), Error> {
        let scratch = Scratch::new("claimed");
        let first = StateDir::claim(&scratch.0, false)?;
        assert!(matches!(StateDir::claim(&scratch.0, false), Err(Error::AlreadyRunning { .. })));
        drop(first);
        StateDir::claim(&scratch.0, false).map(drop)
    }

    #[test]
    fn kept_data_is_deleted_by_a_run_without_keep_data() -> Result<(), Error> {
        let scratch = Scratch::new("kept");
        let first = StateDir::claim(&scratch.0, true)?;
        first.keep(&kept())?;
        assert!(first.kept().is_none(), "settings are ignored until the emulator has saved its data");
        fs::write(first.data().join(SAVED_TABLES), "{}").map_err(Error::io("saving"))?;
        drop(first);
        assert_eq!(StateDir::claim(&scratch.0, true)?.kept().map(|kept| kept.port), Some(4566));
        assert!(StateDir::claim(&scratch.0, false)?.kept().is_none());
        Ok(())
    }

    #[test]
    fn reading_a_directory_without_a_running_stack_fails() -> Result<(), Error> {
        let scratch = Scratch::new("running");
        let refused = || matches!(StateDir::running(&scratch.0), Err(Error::NotRunning { .. }));
        assert!(refused(), "a missing directory has no running stack");
        let starting = StateDir::claim(&scratch.0, false)?;
        assert!(refused(), "a stack that is not ready does not count as running");
        drop(starting);
        write_json(&scratch.0.join(INFO), &"written by a killed process")?;
        assert!(refused(), "a directory that is not locked has no running stack");
        Ok(())
    }
}
