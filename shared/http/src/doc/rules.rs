//! Validation rules that several operations share.

/// Rule for e-mail addresses. `format: email` of JSON Schema also allows some addresses to which no
/// e-mail can be sent.
pub const EMAIL_RULE: &str = "must be an address that mail can be sent to";

/// Rule for names of tags and lists.
pub const LABEL_RULE: &str = "must be a single line, must not be blank, and must not contain control characters";

/// Rule for durations.
pub const SPAN_RULE: &str = "must be within the limits in its description";

/// Rule for templates of workflow steps.
pub const TEMPLATE_RULE: &str =
    "must be a template that uses only merge fields of the trigger and outputs of earlier steps";

/// Rule for the total value of the order lines.
pub const ORDER_VALUE_RULE: &str = "must be worth at most 1000000000000 minor units in total, before any discount";
