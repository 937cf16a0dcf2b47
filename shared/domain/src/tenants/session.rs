//! Sessions of the console. A session stands for the API key with which a person signed in.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::api_key::SecretHash;
use crate::kernel::digest::{Bits80, sha256_hex};

/// Time without a request after which a session ends.
pub const IDLE_TIMEOUT: TimeDelta = TimeDelta::hours(12);

/// Time after which a session ends even if the person uses it.
pub const MAX_AGE: TimeDelta = TimeDelta::days(7);

/// Time after which a request records again that the session is in use.
const TOUCH_INTERVAL: TimeDelta = TimeDelta::minutes(5);

/// Time for which a sign-in link works.
pub const LINK_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Random secret of a session or of a sign-in link: 256 bits as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// Creates a token from 256 of 320 random bits.
    pub fn new(bits: [Bits80; 4]) -> Self {
        Self(bits.concat()[..32].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Parses a token. Returns `None` if the text is not a token.
    pub fn parse(text: &str) -> Option<Self> {
        let is_token = text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        is_token.then(|| Self(text.to_owned()))
    }

    /// Returns the secret text.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the hash under which the session or the link is stored.
    pub fn hash(&self) -> String {
        sha256_hex(format!("session {}", self.0))
    }

    /// Returns the token that every form of the session's pages contains. Other sites do not know the token, so they
    /// cannot send a form in the name of the person.
    pub fn form_token(&self) -> String {
        sha256_hex(format!("form {}", self.0))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// Session of a person who signed in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of the secret of the API key. The session ends when the key is revoked.
    pub key_hash: SecretHash,
    pub started_at: DateTime<Utc>,
    /// Latest recorded use, at most five minutes before the latest request.
    pub used_at: DateTime<Utc>,
}

impl Session {
    /// Starts a session at `now`.
    pub fn new(key_hash: SecretHash, now: DateTime<Utc>) -> Self {
        Self { key_hash, started_at: now, used_at: now }
    }

    /// Whether the session has neither been idle for too long nor reached its maximum age.
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        now < self.ends_at()
    }

    /// Returns the instant at which the session ends if no further request uses it.
    pub fn ends_at(&self) -> DateTime<Utc> {
        (self.used_at + IDLE_TIMEOUT).min(self.started_at + MAX_AGE)
    }

    /// Whether a request at `now` must record the use of the session.
    pub fn needs_touch(&self, now: DateTime<Utc>) -> bool {
        now >= self.used_at + TOUCH_INTERVAL
    }
}

/// Link that starts a session once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// Hash of the secret of the API key for which the link starts a session.
    pub key_hash: SecretHash,
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minutes * 60, 0).unwrap()
    }

    #[test]
    fn session_ends_when_idle_and_at_its_maximum_age() {
        let session = Session::new(SecretHash::new("hash"), at(0));
        assert!(session.is_valid(at(12 * 60 - 1)) && !session.is_valid(at(12 * 60)));
        let used = Session { used_at: at(7 * 24 * 60 - 1), ..session };
        assert!(used.is_valid(at(7 * 24 * 60 - 1)) && !used.is_valid(at(7 * 24 * 60)));
    }

    #[test]
    fn use_is_recorded_at_most_every_five_minutes() {
        let session = Session::new(SecretHash::new("hash"), at(0));
        assert!(!session.needs_touch(at(4)) && session.needs_touch(at(5)));
    }

    #[test]
    fn token_is_read_back_and_its_digests_differ() {
        let token = SessionToken::new([[1; 10], [2; 10], [3; 10], [4; 10]]);
        assert_eq!(SessionToken::parse(token.reveal()), Some(token.clone()));
        assert!(!format!("{token:?}").contains(&token.reveal()[..4]));
        assert_ne!(token.hash(), token.form_token());
        for bad in ["", "00", &token.reveal()[1..], &token.reveal().replace('1', "A"), &"é".repeat(32)] {
            assert_eq!(SessionToken::parse(bad), None, "{bad}");
        }
    }
}
