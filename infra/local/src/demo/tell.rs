//! Writes the story of the demonstration for a person to read.

use std::io::{self, Write};

use serde_json::Value;

use super::Surprise;
use super::mail::Message;

/// The story so far. What can't be written, because nobody reads it any more, is let go.
#[derive(Default)]
pub(super) struct Story {
    surprised: bool,
}

impl Story {
    /// Begins a part.
    pub(super) fn chapter(&mut self, title: &str) {
        write(&format!("\n{title}\n"));
    }

    /// Something that happened.
    pub(super) fn line(&mut self, text: &str) {
        write(&format!("  {text}\n"));
    }

    /// Something that follows from the line before.
    pub(super) fn detail(&mut self, text: &str) {
        write(&format!("      {text}\n"));
    }

    /// An execution's steps and how each ended.
    pub(super) fn steps(&mut self, execution: &Value) {
        for step in execution["steps"].as_array().into_iter().flatten() {
            let text = |field: &str| step[field].as_str().unwrap_or("?").to_owned();
            self.detail(&format!("  {:<10} {:<28} {}", text("id"), text("type"), text("status")));
        }
    }

    /// A mail that went out.
    pub(super) fn mail(&mut self, mail: &Message) {
        self.line(&format!("mail to {}: “{}”", mail.to.join(", "), mail.subject));
    }

    /// Something that did not go as it should.
    pub(super) fn surprise(&mut self, surprise: &Surprise) {
        self.surprised = true;
        write(&format!("  ✗ expected {}\n    but {}\n", surprise.expected, surprise.came));
    }

    /// Whether anything did not go as it should.
    pub(super) fn was_surprised(&self) -> bool {
        self.surprised
    }
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// An amount of money as a person writes it. The demonstration's currency has two decimal places.
pub(super) fn money(amount: &Value) -> String {
    let minor = amount["amount"].as_u64().unwrap_or_default();
    format!("{}.{:02} {}", minor / 100, minor % 100, amount["currency"].as_str().unwrap_or_default())
}

/// What kinds of events these are, in their order.
pub(super) fn kinds_of(events: &[Value]) -> Vec<String> {
    events.iter().filter_map(|event| event["detail-type"].as_str()).map(str::to_owned).collect()
}
