//! The directory of one stack: its log, its staged binaries, its data, and what others read to find it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Keys, StackInfo};

/// The emulator's file of tables and their items.
const SAVED_TABLES: &str = "dynamodb.json";

/// The file in which a stack tells others how to reach it.
const INFO: &str = "stack.json";

/// What a stack needs to know again when it starts on the data of an earlier run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The earlier run's port: addresses that were handed out stay right if it is still free.
    pub(crate) port: u16,
    /// The tenant that was created.
    pub(crate) tenant_id: String,
    /// Its keys, which the stack itself stores only hashed.
    pub(crate) keys: Keys,
}

/// A state directory that belongs to this process until dropped.
pub(crate) struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Takes the directory for this process, creating it if need be. Data of an earlier run goes unless `keep_data`.
    ///
    /// # Errors
    /// If a running stack has it, or it can't be written.
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
        directory.forget_info();
        if !keep_data {
            remove_directory(&directory.data()).map_err(doing())?;
        }
        remove_directory(&directory.scratch()).map_err(doing())?;
        for needed in [directory.data(), directory.scratch()] {
            fs::create_dir_all(needed).map_err(doing())?;
        }
        Ok(directory)
    }

    /// Reads what the stack that runs in a directory tells others.
    ///
    /// # Errors
    /// If no stack runs there. A lock that can be taken means that whoever wrote the file is gone.
    pub(crate) fn running(path: &Path) -> Result<StackInfo, Error> {
        let none = || Error::NotRunning { state_dir: path.into() };
        let lock = File::open(path.join("lock")).map_err(|_| none())?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_json(&path.join(INFO)).ok_or_else(none),
            Ok(()) | Err(TryLockError::Error(_)) => Err(none()),
        }
    }

    /// Where the emulator writes its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("ministack.log")
    }

    /// Where the template and the binaries are staged.
    pub(crate) fn build(&self) -> PathBuf {
        self.path.join("build")
    }

    /// What outlives a run, if it is to.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Files of the run alone.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// What an earlier run on the same data left to be known. Without the data, which the emulator saves as it ends,
    /// that is nothing: keys of a tenant that is gone are of no use.
    pub(crate) fn kept(&self) -> Option<Kept> {
        if !self.data().join(SAVED_TABLES).exists() {
            return None;
        }
        read_json(&self.data().join("kept.json"))
    }

    /// Leaves what a later run on the same data needs to know.
    ///
    /// # Errors
    /// If it can't be written.
    pub(crate) fn keep(&self, kept: &Kept) -> Result<(), Error> {
        write_json(&self.data().join("kept.json"), kept)
    }

    /// Tells others that the stack is ready, and where: programs by `stack.json`, functions run by themselves by
    /// `functions.env`.
    ///
    /// # Errors
    /// If it can't be written.
    pub(crate) fn publish_info(&self, info: &StackInfo) -> Result<(), Error> {
        fs::write(self.function_environment(), info.function_environment())
            .map_err(Error::io("writing functions.env"))?;
        write_json(&self.info(), info)
    }

    /// Stops telling others about the stack. A file that is not there is as good as removed.
    pub(crate) fn forget_info(&self) {
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
        self.forget_info();
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

/// Writes beside the file, then renames: a reader sees all of it or none.
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

    /// A directory that no other test uses, removed when dropped.
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

    fn kept() -> Kept {
        let key = String::from;
        Kept {
            port: 4566,
            tenant_id: key("demo"),
            keys: Keys { storefront: key("a"), server: key("b"), admin: key("c") },
        }
    }

    #[test]
    fn a_directory_belongs_to_one_stack_at_a_time() -> Result<(), Error> {
        let scratch = Scratch::new("claimed");
        let first = StateDir::claim(&scratch.0, false)?;
        assert!(matches!(StateDir::claim(&scratch.0, false), Err(Error::AlreadyRunning { .. })));
        drop(first);
        StateDir::claim(&scratch.0, false).map(drop)
    }

    #[test]
    fn what_is_kept_lasts_until_a_run_that_keeps_nothing() -> Result<(), Error> {
        let scratch = Scratch::new("kept");
        let first = StateDir::claim(&scratch.0, true)?;
        first.keep(&kept())?;
        assert!(first.kept().is_none(), "nothing was saved yet");
        fs::write(first.data().join(SAVED_TABLES), "{}").map_err(Error::io("saving"))?;
        drop(first);
        assert_eq!(StateDir::claim(&scratch.0, true)?.kept().map(|kept| kept.port), Some(4566));
        assert!(StateDir::claim(&scratch.0, false)?.kept().is_none());
        Ok(())
    }

    #[test]
    fn a_directory_without_a_running_stack_is_refused() -> Result<(), Error> {
        let scratch = Scratch::new("running");
        let refused = || matches!(StateDir::running(&scratch.0), Err(Error::NotRunning { .. }));
        assert!(refused(), "no directory");
        let starting = StateDir::claim(&scratch.0, false)?;
        assert!(refused(), "not ready yet");
        drop(starting);
        write_json(&scratch.0.join(INFO), &"left by a process that was killed")?;
        assert!(refused(), "its lock is free");
        Ok(())
    }
}
