//! Recipients of messages to the shop's team. A workflow can name any address. A recipient therefore gets no message
//! until the recipient has confirmed the address with a link.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::kernel::digest::{Bits80, key80, sha256_hex, ulid_text};
use crate::purchases::customer::Email;
use crate::tenants::tenant::TenantId;
use crate::tenants::token_link::parse_token_link;

/// Reason for which a message to the shop's team is skipped.
pub const NOT_CONFIRMED: &str = "no recipient has confirmed the address yet; each recipient has got an e-mail with a link \
                                 to confirm the address";

/// Time after which a recipient who has not confirmed is asked again. The link of the earlier request expires then.
pub const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::days(30);

/// Value of the tag [`STEP_TAG`](crate::delivery::mail::STEP_TAG) of a confirmation e-mail. No step has an id with
/// capital letters, so delivery reports of the confirmation e-mail change no step.
pub const CONFIRMATION_STEP: &str = "CONFIRMATION";

/// Recipient who was asked to confirm an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    pub asked_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl Recipient {
    /// Whether the recipient gets messages.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Whether the recipient may be asked to confirm the address.
    pub fn may_be_asked(&self, now: DateTime<Utc>) -> bool {
        !self.is_confirmed() && self.asked_at + ASK_AGAIN_AFTER <= now
    }
}

/// Returns the key of a recipient. All spellings of an address have the same key.
pub fn recipient_key(email: &Email) -> String {
    key80(&["email", &email.normalised()])
}

/// Secret part of a confirmation link. The `Debug` output does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmationToken(String);

impl ConfirmationToken {
    /// Creates a token from random bits.
    pub fn new(bits: Bits80) -> Self {
        Self(ulid_text(0, bits)[10..].to_owned())
    }

    /// Returns the digest under which the token is stored. The secret itself is only in the e-mail.
    pub fn digest(&self) -> String {
        sha256_hex(&self.0)
    }
}

impl fmt::Debug for ConfirmationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationToken(…)")
    }
}

/// Link by which a recipient confirms an address. Its last path segment is `<tenant>.<recipient key>.<token>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationLink {
    pub tenant: TenantId,
    /// Key of the recipient ([`recipient_key`]).
    pub recipient_key: String,
    /// Secret that proves that the link was sent to the recipient.
    pub token: ConfirmationToken,
}

impl ConfirmationLink {
    /// Parses the path segment. Returns `None` if the text does not have this form.
    pub fn parse(text: &str) -> Option<Self> {
        let (tenant, recipient_key, token) = parse_token_link(text)?;
        Some(Self { tenant, recipient_key, token: ConfirmationToken(token) })
    }

    /// Returns the URL. `base` is the base URL of the API, with or without a trailing slash.
    pub fn url(&self, base: &str) -> String {
        let Self { tenant, recipient_key, token } = self;
        format!("{}/v1/recipients/{tenant}.{recipient_key}.{}", base.trim_end_matches('/'), token.0)
    }

    /// Returns the subject of the e-mail with the link.
    pub fn subject(&self) -> String {
        format!("Do you want messages from the shop {}?", self.tenant)
    }

    /// Returns the text of the e-mail with the link. Only operators choose the names of shops, so a workflow cannot
    /// influence the text.
    pub fn text(&self, base: &str) -> String {
        format!(
            "The shop {} wants to send messages about its coupons to you as a member of its team.\n\n\
             To receive these messages, open this link and confirm your address:\n{}\n\n\
             If you do not expect messages from this shop, do nothing. You will then receive no messages.\n",
            self.tenant,
            self.url(base)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_parsed_from_its_url_and_shows_no_secret() {
        let email = Email::parse("Team@example.com").unwrap();
        let token = ConfirmationToken::new([7; 10]);
        let tenant = TenantId::parse("demo").unwrap();
        let link = ConfirmationLink { tenant, recipient_key: recipient_key(&email), token };
        let url = link.url("https://api.example.com/");
        let segment = url.strip_prefix("https://api.example.com/v1/recipients/").unwrap();
        assert_eq!(ConfirmationLink::parse(segment), Some(link.clone()));
        assert!(link.text("https://api.example.com").contains(&url));
        let secret = segment.rsplit('.').next().unwrap();
        assert!(!format!("{link:?}").contains(secret) && !link.token.digest().contains(secret));
        for bad in ["", "demo", &format!("{segment}.x"), &segment[1..segment.len() - 1], &segment.to_lowercase()] {
            assert_eq!(ConfirmationLink::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_recipient_is_asked_again_after_thirty_days_unless_confirmed() {
        let asked_at = DateTime::UNIX_EPOCH;
        let day = |days| asked_at + TimeDelta::days(days);
        let asked = Recipient { asked_at, confirmed_at: None };
        assert!(!asked.may_be_asked(day(29)) && asked.may_be_asked(day(30)));
        let confirmed = Recipient { confirmed_at: Some(day(1)), ..asked };
        assert!(confirmed.is_confirmed() && !confirmed.may_be_asked(day(365)));
    }
}
