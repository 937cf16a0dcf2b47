//! Validation rules that several operations share.

/// Rule for e-mail addresses. `format: email` also allows addresses that cannot receive mail.
pub(super) const EMAIL_RULE: &str = "must be an address that mail can be sent to";

/// Rule for names of tags and lists.
pub(super) const LABEL_RULE: &str = "must be a single line without control characters and not blank";

/// Rule for templates.
pub(super) const TEMPLATE_RULE: &str =
    "must be a template that uses only merge fields of the trigger and outputs of earlier steps";
