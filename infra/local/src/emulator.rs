//! Runs the emulated AWS: a ministack process that listens on a loopback port.

use std::env;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::Error;
use crate::state_dir::StateDir;

/// The region of the emulated AWS.
pub(crate) const REGION: &str = "us-east-1";

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// A running emulator. Dropping it kills the emulator and all function processes.
pub(crate) struct Emulator {
    child: Child,
    pid: Pid,
    port: u16,
}

impl Emulator {
    /// Starts the emulator and waits until it is ready.
    ///
    /// # Errors
    /// Returns an error if the emulator cannot be started, exits, or is not ready in time.
    pub(crate) async fn start(
        python: &Path,
        launcher: &Path,
        state: &StateDir,
        port: u16,
        keep_data: bool,
    ) -> Result<Self, Error> {
        let doing = "starting the emulated AWS";
        let log = File::create(state.log()).map_err(Error::io(doing))?;
        let mut command = aws_command(python, port);
        command
            .arg(launcher)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("LAMBDA_EXECUTOR", "local")
            // End idle function processes after 60 s, because a burst of requests starts one
            // process per concurrent request.
            .env("LAMBDA_WARM_TTL_SECONDS", "60")
            .env("TMPDIR", state.scratch())
            .env("STATE_DIR", state.data())
            .env("S3_DATA_DIR", state.scratch().join("s3"))
            .env("PERSIST_STATE", if keep_data { "1" } else { "0" })
            // Disable two unused services that would listen on fixed ports.
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            // Functions run as plain processes, so the emulator does not need Docker. Nothing
            // listens at this address. With a working address, the emulator would remove Docker
            // containers of other stacks.
            .env("DOCKER_HOST", "unix:///nonexistent")
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(Error::io(doing))?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(Error::io(doing))?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .ok_or_else(|| Error::NotReady { reason: "it exited at once".into(), log: state.log() })?;
        let mut emulator = Self { child, pid, port };
        emulator.await_readiness(state).await?;
        Ok(emulator)
    }

    async fn await_readiness(&mut self, state: &StateDir) -> Result<(), Error> {
        let started = Instant::now();
        let not_ready = |reason: String| Error::NotReady { reason, log: state.log() };
        let url = format!("{}/_ministack/ready", self.endpoint());
        let client = loopback_client()?;
        while started.elapsed() < READY_WITHIN {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(not_ready(format!("it exited ({status})")));
            }
            if client.get(&url).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(not_ready(format!("no response within {} s", READY_WITHIN.as_secs())))
    }

    /// Endpoint URL for AWS clients.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Process id of the emulator. Function processes are its children.
    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until the emulator process exits by itself.
    pub(crate) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Asks the emulator to save its data and exit, waits for up to 15 s, and kills any processes that remain.
    pub(crate) async fn stop(mut self) {
        let _ = kill_process(self.pid, Signal::TERM);
        let _ = timeout(STOPPED_WITHIN, self.child.wait()).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // An error means that the process group no longer exists.
        let _ = kill_process_group(self.pid, Signal::KILL);
    }
}

/// Returns a builder for HTTP clients that connect to this machine without a proxy.
pub fn loopback() -> reqwest::ClientBuilder {
    // An HTTP client requires a crypto provider, and the workspace builds reqwest without one. This
    // call has no effect if a provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// Builds an HTTP client for addresses of this machine.
///
/// # Errors
/// Returns an error if the client cannot be built.
pub(crate) fn loopback_client() -> Result<reqwest::Client, Error> {
    loopback().build().map_err(Error::http("setting up an HTTP client"))
}

/// Chooses a port: `requested` if it is given, otherwise `preferred` if that port is free,
/// otherwise any free port.
///
/// # Errors
/// Returns an error if `requested` is in use.
pub(crate) fn choose_port(requested: Option<u16>, preferred: Option<u16>) -> Result<u16, Error> {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    if let Some(port) = requested {
        return free(port).map(|_| port).map_err(|_| Error::PortTaken { port });
    }
    preferred
        .and_then(|port| free(port).ok())
        .map_or_else(|| free(0), Ok)
        .map(|address| address.port())
        .map_err(Error::io("looking for a free port"))
}

/// Returns a command that runs a Python program that uses the emulator instead of AWS. The command
/// inherits only the environment variables `PATH`, `HOME` and `LANG`.
pub(crate) fn aws_command(python: &Path, port: u16) -> Command {
    let mut command = Command::new(python);
    command.env_clear().envs(["PATH", "HOME", "LANG"].iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command
        .env("PYTHONUNBUFFERED", "1")
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requested_port_in_use_is_an_error_with_the_port() -> std::io::Result<()> {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let taken = other.local_addr()?.port();
        assert!(matches!(choose_port(Some(taken), None), Err(Error::PortTaken { port }) if port == taken));
        Ok(())
    }

    #[test]
    fn preferred_port_in_use_is_replaced_by_a_free_one() -> Result<(), Box<dyn std::error::Error>> {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let taken = other.local_addr()?.port();
        assert_ne!(choose_port(None, Some(taken))?, taken);
        Ok(())
    }
}
