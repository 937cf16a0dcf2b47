//! Messages to Slack and what takes the same.

use serde_json::json;

/// The body that says `text`. What Slack would take for a link or a mention is escaped, so that a value can't call a
/// whole channel.
pub fn slack_body(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"text": text}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_and_calls_nobody() {
        assert_eq!(slack_body("\"A\" & B\n<!channel>"), r#"{"text":"\"A\" &amp; B\n&lt;!channel&gt;"}"#);
    }
}
