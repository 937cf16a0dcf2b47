//! What can go wrong while a stack is set up, worded for the person who has to set it right.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a stack did not start, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program this machine needs is not there.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// The program or part of it.
        what: &'static str,
        /// How to get it.
        remedy: &'static str,
    },

    /// The port asked for belongs to another process.
    #[error("port {port} of 127.0.0.1 is taken: choose another with --port, or leave --port out to get a free one")]
    PortTaken {
        /// The port asked for.
        port: u16,
    },

    /// Another stack runs with the same state directory.
    #[error("a local stack is already running from {}: stop it, or use its stack.json", state_dir.display())]
    AlreadyRunning {
        /// The directory both want.
        state_dir: PathBuf,
    },

    /// No stack runs with the state directory.
    #[error("no local stack runs in {}: start one with `cargo run`", state_dir.display())]
    NotRunning {
        /// Where one was looked for.
        state_dir: PathBuf,
    },

    /// The emulator ended, or never answered.
    #[error("the emulated AWS did not become ready: {reason}; its log is {}", log.display())]
    NotReady {
        /// What was seen instead.
        reason: String,
        /// Where the emulator wrote its log.
        log: PathBuf,
    },

    /// A program ended with a failure.
    #[error("{doing} failed ({status})\n{output}")]
    Command {
        /// What the program was run for.
        doing: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote, if that was not shown already.
        output: String,
    },

    /// The operating system refused something.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: String,
        /// The refusal.
        #[source]
        source: io::Error,
    },

    /// A request got no answer.
    #[error("{doing} failed")]
    Http {
        /// What was being asked for.
        doing: String,
        /// How the request failed.
        #[source]
        source: reqwest::Error,
    },

    /// A program or service answered, with something else than was expected.
    #[error("{doing}: unexpected answer: {answer}")]
    Unexpected {
        /// What was being asked for.
        doing: String,
        /// The answer.
        answer: String,
    },
}

impl Error {
    /// For `map_err`: an I/O error with what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// For `map_err`: a failed request with what was being asked for.
    pub(crate) fn http(doing: impl Into<String>) -> impl FnOnce(reqwest::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Http { doing, source }
    }
}
