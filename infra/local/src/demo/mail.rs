//! The mail that the emulated AWS captured instead of sending.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;

use super::{Surprise, wait};
use crate::Error;
use crate::emulator::loopback_client;

/// A captured message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    pub(super) to: Vec<String>,
    pub(super) subject: String,
}

/// Every account's captured mail.
#[derive(Deserialize)]
struct Captured {
    messages: std::collections::BTreeMap<String, Vec<Message>>,
}

/// Where captured mail is read.
pub(super) struct Mailbox {
    client: Client,
    url: String,
}

impl Mailbox {
    /// The mail at `url`.
    ///
    /// # Errors
    /// If no client can be set up.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { client: loopback_client()?, url: url.into() })
    }

    /// Waits for a message to `recipient` whose subject contains `words`.
    ///
    /// # Errors
    /// If there is none in time.
    pub(super) async fn message(&self, recipient: &str, words: &str, within: Duration) -> Result<Message, Surprise> {
        let expected = format!("mail to {recipient} about “{words}”");
        wait::until(&expected, within, async || {
            let sent = self.read().await?;
            Ok(sent
                .into_iter()
                .find(|mail| mail.subject.contains(words) && mail.to.iter().any(|address| address.contains(recipient))))
        })
        .await
    }

    async fn read(&self) -> Result<Vec<Message>, Surprise> {
        let unreadable =
            |error: reqwest::Error| Surprise { expected: "the captured mail".into(), came: error.to_string() };
        let response = self.client.get(&self.url).send().await.map_err(unreadable)?;
        let captured: Captured = response.json().await.map_err(unreadable)?;
        Ok(captured.messages.into_values().flatten().collect())
    }
}
