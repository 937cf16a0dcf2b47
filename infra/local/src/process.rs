//! Runs external programs and collects their output.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::Error;

/// Runs a command to completion and returns its standard output.
///
/// # Errors
/// Returns an error if the command cannot be started or fails. The error contains the output of a
/// failed command.
pub(crate) async fn output_of(doing: &str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(Error::io(doing))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Error::Command { doing: doing.into(), status: output.status, output: format!("{stdout}{stderr}") })
}

/// Like [`output_of`], but passes each line of standard error to `report` as soon as it is written.
///
/// # Errors
/// Returns an error if the command cannot be started or fails. The error contains the standard
/// error of a failed command.
pub(crate) async fn output_with_progress(
    doing: &str,
    command: &mut Command,
    mut report: impl FnMut(&str),
) -> Result<String, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(Error::io(doing))?;
    let mut written = String::new();
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        while let Some(line) = lines.next_line().await.map_err(Error::io(doing))? {
            report(&line);
            written.push_str(&line);
            written.push('\n');
        }
    }
    let output = child.wait_with_output().await.map_err(Error::io(doing))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Command { doing: doing.into(), status: output.status, output: written })
    }
}
