//! Runs `infra/template.yaml` on this machine: the real function binaries on an emulated AWS.
//!
//! [`Stack::start`] installs the tools, builds the functions, starts the emulator, deploys the template and creates a
//! tenant. Several stacks can run at once, each with its own [state directory](StackOptions::state_dir). All processes
//! of a stack end when the stack is stopped or dropped, or when the process that started it is killed.

pub mod demo;
mod deploy;
mod emulator;
mod error;
mod functions;
mod info;
mod process;
mod progress;
mod stack;
mod state_dir;
mod tenant;
mod tools;
mod workspace;

pub use emulator::loopback;
pub use error::Error;
pub use info::{Keys, StackInfo};
pub use stack::{Stack, StackOptions};
pub use tools::{Toolset, install as install_tools};
pub use workspace::cargo;
