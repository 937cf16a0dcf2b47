//! Messages to Slack, and to services that accept the same format.

use serde_json::json;

/// Request body for a message. Characters that Slack would read as a link or a mention are escaped, so that a value
/// can't notify a whole channel.
pub fn slack_body(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"text": text}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mention_in_a_text_is_escaped() {
        assert_eq!(slack_body("\"A\" & B\n<!channel>"), r#"{"text":"\"A\" &amp; B\n&lt;!channel&gt;"}"#);
    }
}
