//! E-mails as the effect of a step.

use serde_json::{Value, json};

use super::effect::{ShowInput, shorten};
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
    fn input(&self) -> Value {
        let shown = |text: &Option<PersonalText>| text.as_deref().map(shorten);
        json!({"to": self.to, "subject": shorten(&self.subject), "html": shown(&self.html), "text": shown(&self.text)})
    }
}
