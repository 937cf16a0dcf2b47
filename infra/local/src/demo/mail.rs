//! Reads captured e-mails. The emulated AWS captures every e-mail instead of sending it.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;

use super::{Mismatch, wait};
use crate::Error;
use crate::emulator::loopback_client;

/// Captured e-mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    pub(super) to: Vec<String>,
    pub(super) subject: String,
}

/// Captured e-mails by AWS account.
#[derive(Deserialize)]
struct Captured {
    messages: std::collections::BTreeMap<String, Vec<Message>>,
}

/// Client for the captured e-mails.
pub(super) struct Mailbox {
    client: Client,
    url: String,
}

impl Mailbox {
    /// Creates a client that reads the captured e-mails from `url`.
    ///
    /// # Errors
    /// Returns an error if the HTTP client cannot be built.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { client: loopback_client()?, url: url.into() })
    }

    /// Waits for an e-mail to `recipient` whose subject contains `words`.
    ///
    /// # Errors
    /// Returns an error if no such e-mail arrives within the time `within`, or if the captured
    /// e-mails cannot be read.
    pub(super) async fn message(&self, recipient: &str, words: &str, within: Duration) -> Result<Message, Mismatch> {
        let expected = format!("an e-mail to {recipient} with “{words}” in the subject");
        wait::until(&expected, within, async || {
            let sent = self.read().await?;
            Ok(sent
                .into_iter()
                .find(|mail| mail.subject.contains(words) && mail.to.iter().any(|address| address.contains(recipient))))
        })
        .await
    }

    async fn read(&self) -> Result<Vec<Message>, Mismatch> {
        let unreadable =
            |error: reqwest::Error| Mismatch { expected: "the captured e-mails".into(), actual: error.to_string() };
        let response = self.client.get(&self.url).send().await.map_err(unreadable)?;
        let captured: Captured = response.json().await.map_err(unreadable)?;
        Ok(captured.messages.into_values().flatten().collect())
    }
}
