//! Messages to Slack, and to services that accept the same format.

use serde_json::json;

/// Returns the request body for a message. Escapes the characters that start a link or a mention in
/// Slack, so that the value of a merge field cannot notify a whole channel.
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
