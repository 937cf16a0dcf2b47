//! Starts the local stack, runs the demonstration, and keeps the stack up until the program
//! receives SIGINT or SIGTERM. Exits with a failure status if the stack did not start, if the
//! demonstration showed unexpected behaviour, or if the emulator exited.

mod summary;

use std::error::Error as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use couponflow_local::{Error, Stack, StackOptions, Toolset, demo, install_tools};
use tokio::signal::unix::{SignalKind, signal};

/// Runs couponflow on this machine: the real functions on an emulated AWS, deployed from infra/template.yaml.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Skip the demonstration.
    #[arg(long)]
    no_demo: bool,
    /// Load the data that the previous run saved, and save the data at the end. A run without this
    /// flag deletes saved data.
    #[arg(long)]
    keep_data: bool,
    /// Loopback port to listen on [default: 4566, or a free port if 4566 is in use].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The port that AWS emulators listen on by convention. If the port is free, the addresses are the same in every run.
const PREFERRED_PORT: u16 = 4566;

#[derive(Subcommand)]
enum Command {
    /// Print a shell command that exports the address and keys of the running stack: eval "$(cargo run -q -- env)".
    Env,
    /// Install the tools of the stack and of the template check, and print their directory.
    Tools {
        /// Install `cargo lambda` instead.
        #[arg(long)]
        cargo_lambda: bool,
        /// Install `checkov` instead.
        #[arg(long, conflicts_with = "cargo_lambda")]
        checkov: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Tools { cargo_lambda, checkov }) => print_tools(cargo_lambda, checkov).await,
        Some(Command::Env) => print_exports().await,
        None => run(arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn print_tools(cargo_lambda: bool, checkov: bool) -> Result<(), Error> {
    let toolset = match (cargo_lambda, checkov) {
        (true, _) => Toolset::CargoLambda,
        (false, true) => Toolset::Checkov,
        (false, false) => Toolset::Stack,
    };
    summary::tools(&install_tools(toolset).await?);
    Ok(())
}

async fn print_exports() -> Result<(), Error> {
    summary::exports(&Stack::running().await?);
    Ok(())
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let doing = |source| Error::Io { doing: "listening for signals".into(), source };
    let mut terminated = signal(SignalKind::terminate()).map_err(doing)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(doing)?;
    let stop_requested = async {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    tokio::pin!(stop_requested);

    let options = StackOptions {
        port: arguments.port,
        preferred_port: Some(PREFERRED_PORT),
        keep_data: arguments.keep_data,
        ..StackOptions::default()
    };
    let mut stack = tokio::select! {
        started = Stack::start(options) => started?,
        () = &mut stop_requested => return Ok(()),
    };
    let show = async {
        let demonstrated = arguments.no_demo || demo::run(&stack.info).await?;
        let console = stack.sign_in_link(&stack.info.keys.admin).await?;
        summary::stack(&stack.info, &console, arguments.no_demo);
        if !demonstrated {
            eprintln!("error: {}", Error::DemonstrationFailed);
        }
        Ok(demonstrated)
    };
    let shown = tokio::select! {
        shown = show => Some(shown),
        () = &mut stop_requested => None,
    };
    let mut has_emulator_exited = false;
    if let Some(Ok(_)) = shown {
        tokio::select! {
            () = stack.ended() => has_emulator_exited = true,
            () = &mut stop_requested => {}
        }
    }
    eprintln!("\nstopping …");
    stack.stop().await;
    match shown {
        Some(Ok(_)) if has_emulator_exited => Err(Error::EmulatorExited),
        Some(Ok(false)) => Err(Error::DemonstrationFailed),
        Some(Err(error)) => Err(error),
        Some(Ok(true)) | None => Ok(()),
    }
}
