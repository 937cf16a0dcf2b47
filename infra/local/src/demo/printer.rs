//! Prints the demonstration to standard output.

use std::io::{self, Write};

use serde_json::Value;

use super::Mismatch;
use super::mail::Message;

/// Printer of the demonstration. Write errors, such as a closed pipe, are ignored.
#[derive(Default)]
pub(super) struct Printer {
    has_mismatch: bool,
}

impl Printer {
    /// Prints the title of a scenario.
    pub(super) fn heading(&mut self, title: &str) {
        write(&format!("\n{title}\n"));
    }

    /// Prints one step of a scenario.
    pub(super) fn line(&mut self, text: &str) {
        write(&format!("  {text}\n"));
    }

    /// Prints a consequence of the previous line.
    pub(super) fn detail(&mut self, text: &str) {
        write(&format!("      {text}\n"));
    }

    /// Prints the steps of an execution with their status.
    pub(super) fn steps(&mut self, execution: &Value) {
        for step in execution["steps"].as_array().into_iter().flatten() {
            let text = |field: &str| step[field].as_str().unwrap_or("?").to_owned();
            self.detail(&format!("  {:<10} {:<28} {}", text("id"), text("type"), text("status")));
        }
    }

    /// Prints a sent e-mail.
    pub(super) fn mail(&mut self, mail: &Message) {
        self.line(&format!("e-mail to {}: “{}”", mail.to.join(", "), mail.subject));
    }

    /// Prints a difference between the expected and the actual behaviour.
    pub(super) fn mismatch(&mut self, mismatch: &Mismatch) {
        self.has_mismatch = true;
        write(&format!("  ✗ expected {}\n    but got {}\n", mismatch.expected, mismatch.actual));
    }

    /// Whether any unexpected behaviour was printed.
    pub(super) fn had_mismatch(&self) -> bool {
        self.has_mismatch
    }
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Formats an amount of money. All currencies of the demonstration have two decimal places.
pub(super) fn money(amount: &Value) -> String {
    let minor = amount["amount"].as_u64().unwrap_or_default();
    format!("{}.{:02} {}", minor / 100, minor % 100, amount["currency"].as_str().unwrap_or_default())
}

/// Returns the types of the events, in order.
pub(super) fn event_types(events: &[Value]) -> Vec<String> {
    events.iter().filter_map(|event| event["detail-type"].as_str()).map(str::to_owned).collect()
}
