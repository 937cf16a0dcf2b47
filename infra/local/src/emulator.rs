//! The emulated AWS: a ministack process on a loopback port.

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

/// The region the emulator, and everything in it, is in.
pub(crate) const REGION: &str = "us-east-1";

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// A running emulator. Dropped, it is killed with every function process it started.
pub(crate) struct Emulator {
    child: Child,
    pid: Pid,
    port: u16,
}

impl Emulator {
    /// Starts the emulator and waits until it answers.
    ///
    /// # Errors
    /// If it can't be started, ends at once, or does not answer in time.
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
            // A burst leaves one function process for each request that was in flight; let the idle ones go soon.
            .env("LAMBDA_WARM_TTL_SECONDS", "60")
            .env("TMPDIR", state.scratch())
            .env("STATE_DIR", state.data())
            .env("S3_DATA_DIR", state.scratch().join("s3"))
            .env("PERSIST_STATE", if keep_data { "1" } else { "0" })
            // Listeners of services that are not used here would take fixed ports.
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            // Functions run as plain processes; containers of other stacks are not this one's to tidy up.
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
            .ok_or_else(|| Error::NotReady { reason: "it ended at once".into(), log: state.log() })?;
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
                return Err(not_ready(format!("it ended ({status})")));
            }
            if client.get(&url).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(not_ready(format!("no answer within {} s", READY_WITHIN.as_secs())))
    }

    /// The address AWS clients are pointed to.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The emulator's process, whose children the function processes are.
    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Resolves when the emulator ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Lets the emulator save its data and end, then makes sure that nothing of it is left.
    pub(crate) async fn stop(mut self) {
        let _ = kill_process(self.pid, Signal::TERM);
        let _ = timeout(STOPPED_WITHIN, self.child.wait()).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // An error here means that the group is gone already.
        let _ = kill_process_group(self.pid, Signal::KILL);
    }
}

/// A client for addresses of this machine, to be built.
pub fn loopback() -> reqwest::ClientBuilder {
    // A client can do TLS since the functions can, and then is not built without a provider. One that is there stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// A client for addresses of this machine.
///
/// # Errors
/// If it can't be set up.
pub(crate) fn loopback_client() -> Result<reqwest::Client, Error> {
    loopback().build().map_err(Error::http("setting up an HTTP client"))
}

/// The port asked for, if it is free; otherwise the preferred one, if that is; otherwise any.
///
/// # Errors
/// If the port asked for is taken.
pub(crate) fn choose_port(asked: Option<u16>, preferred: Option<u16>) -> Result<u16, Error> {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    if let Some(port) = asked {
        return free(port).map(|_| port).map_err(|_| Error::PortTaken { port });
    }
    preferred
        .and_then(|port| free(port).ok())
        .map_or_else(|| free(0), Ok)
        .map(|address| address.port())
        .map_err(Error::io("looking for a free port"))
}

/// A Python program that sees the emulator as AWS, and nothing of the AWS account this machine may be set up for.
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
    fn a_taken_port_is_refused_by_its_number() -> std::io::Result<()> {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let taken = other.local_addr()?.port();
        assert!(matches!(choose_port(Some(taken), None), Err(Error::PortTaken { port }) if port == taken));
        Ok(())
    }

    #[test]
    fn a_preferred_port_that_is_taken_gives_way_to_another() -> Result<(), Box<dyn std::error::Error>> {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let taken = other.local_addr()?.port();
        assert_ne!(choose_port(None, Some(taken))?, taken);
        Ok(())
    }
}
