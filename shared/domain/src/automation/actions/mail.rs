//! E-mails as the effect of a step.

use serde_json::{Map, Value, json};

use super::effect::{ShowInput, members, shorten};
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::Email;

/// Maximum number of recipients of an e-mail to the shop's team.
pub(in crate::automation) const MAX_RECIPIENTS: usize = 20;

/// Rendered e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: Vec<Email>,
    pub subject: PersonalText,
    pub html: Option<PersonalText>,
    /// Plain-text body. If absent, the plain-text body is made from the HTML body.
    pub text: Option<PersonalText>,
    /// Whether the recipient is the event's contact, who can unsubscribe. False for the tenant's own staff.
    pub to_contact: bool,
}

impl ShowInput for Mail {
    fn input(&self) -> Map<String, Value> {
        let shown = |text: &Option<PersonalText>| text.as_deref().map(shorten);
        members([
            ("to", json!(self.to)),
            ("subject", json!(shorten(&self.subject))),
            ("html", json!(shown(&self.html))),
            ("text", json!(shown(&self.text))),
        ])
    }
}
