//! Errors of the local stack. If the user can fix the problem, the message says how.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Error while starting or using a local stack.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A required program or setting is missing.
    #[error("{what} is missing: {remedy}")]
    Missing { what: &'static str, remedy: &'static str },

    /// The requested port is used by another process.
    #[error("port {port} of 127.0.0.1 is in use: choose another one with --port, or omit --port to get a free one")]
    PortTaken { port: u16 },

    /// Another stack uses the same state directory.
    #[error("a local stack is already running in {}: stop it, or use its stack.json", state_dir.display())]
    AlreadyRunning { state_dir: PathBuf },

    /// No stack uses the state directory.
    #[error("no local stack is running in {}: start one with `cargo run`", state_dir.display())]
    NotRunning { state_dir: PathBuf },

    /// The emulator exited or did not respond in time.
    #[error("the emulated AWS did not become ready: {reason}; see its log, {}", log.display())]
    NotReady { reason: String, log: PathBuf },

    /// The demonstration showed unexpected behaviour.
    #[error("the demonstration showed unexpected behaviour: see the lines marked ✗ in its output")]
    DemonstrationFailed,

    /// The emulated AWS exited while the stack was up.
    #[error("the emulated AWS exited unexpectedly: see ministack.log in the state directory")]
    EmulatorExited,

    /// A program exited with an error.
    #[error("{doing} failed ({status})\n{output}")]
    Command {
        doing: String,
        status: ExitStatus,
        /// Output of the program, or where to find the output if the user has already seen it.
        output: String,
    },

    /// A call to the operating system failed.
    #[error("{doing} failed")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },

    /// An HTTP request failed, or the HTTP client could not be built.
    #[error("{doing} failed")]
    Http {
        doing: String,
        #[source]
        source: reqwest::Error,
    },

    /// A program or service returned an unexpected response.
    #[error("{doing}: unexpected response: {answer}")]
    Unexpected { doing: String, answer: String },
}

impl Error {
    /// Returns a function for `map_err` that adds a description of the failed operation to an I/O error.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Returns a function for `map_err` that adds a description of the failed operation to an HTTP error.
    pub(crate) fn http(doing: impl Into<String>) -> impl FnOnce(reqwest::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Http { doing, source }
    }
}
