//! Webhooks: signatures, permitted URLs, the retry schedule, and messages to Slack.
//!
//! Webhooks are signed by the scheme of [Standard Webhooks](https://www.standardwebhooks.com).
//! Receivers can verify the signature with the libraries of that project, and can deduplicate by
//! `webhook-id`.

mod address;
mod retry_after;
mod schedule;
mod secret;
mod slack;
mod url;

pub use address::is_public;
pub use retry_after::{LONGEST_RETRY_AFTER, RetryAfter};
pub use schedule::{MAX_ATTEMPTS, retry_delay};
pub use secret::{InvalidSecret, SECRET_OVERLAP, SigningSecret, rotate, valid_secrets};
pub use slack::slack_body;
pub use url::{BadUrl, UrlPolicy, check_url, parse_url};

use chrono::{DateTime, Utc};

/// Returns the headers of a webhook: its id, the instant of this attempt, and one signature for
/// each secret. The id is the same at each attempt.
pub fn signed_headers(
    id: &str,
    at: DateTime<Utc>,
    body: &str,
    secrets: &[SigningSecret],
) -> [(&'static str, String); 3] {
    let timestamp = at.timestamp().to_string();
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&signed)).collect();
    [("webhook-id", id.to_owned()), ("webhook-timestamp", timestamp), ("webhook-signature", signatures.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::SigningSecretId;

    fn secret(text: &str) -> SigningSecret {
        let at = DateTime::UNIX_EPOCH;
        SigningSecret::parse(SigningSecretId::new(at, [0; 10]), text, at).unwrap()
    }

    /// Uses the test vector of the libraries that belong to the specification.
    #[test]
    fn signature_matches_the_test_vector_of_the_specification() {
        let at = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let headers = signed_headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            r#"{"test": 2432232314}"#,
            std::slice::from_ref(&secret),
        );
        let expected = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn signature_header_has_one_signature_for_each_secret() {
        let (new, old) =
            (secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"));
        let signature = |secrets: &[SigningSecret]| {
            let [_, _, (_, signature)] = signed_headers("msg_1", DateTime::UNIX_EPOCH, "{}", secrets);
            signature
        };
        let of = |secret: &SigningSecret| signature(std::slice::from_ref(secret));
        assert_eq!(signature(&[new.clone(), old.clone()]), format!("{} {}", of(&new), of(&old)));
        assert_ne!(of(&new), of(&old));
    }
}
