//! The merge fields: which there are, what kind of value each has, and when it may have none.

use serde::Serialize;

use crate::event::EventType;
use crate::workflow::Trigger;

/// What kind of value a merge field or an output of a step has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MergeFieldKind")]
pub enum Kind {
    /// A text that somebody wrote. It can hold any character.
    Text,
    /// An identifier of letters, digits, `_`, `-`, and `.`: it needs no escaping in JSON or a URL.
    Code,
    /// A whole number.
    Number,
    /// An amount of money, for the filter `money`. `coupon.value` may be a percentage.
    Money,
    /// An instant, for the filters `date`, `datetime` and `time`.
    Instant,
}

impl Kind {
    /// The name, such as `text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Number => "number",
            Self::Money => "money",
            Self::Instant => "instant",
        }
    }
}

/// A merge field, such as `coupon.code` for `{{coupon.code}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MergeField {
    /// Its name.
    pub field: String,
    /// What kind of value it has.
    pub kind: Kind,
    /// Whether it can be without a value. A message that uses it then is skipped, unless `|default` gives it one.
    pub may_be_missing: bool,
    /// What it holds.
    pub description: &'static str,
}

/// A value that a step leaves for later steps, as `{{steps.<id>.<name>}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StepOutput {
    /// Its name.
    pub name: &'static str,
    /// What kind of value it has.
    pub kind: Kind,
    /// Whether the step can complete or be skipped without it.
    pub may_be_missing: bool,
    /// What it holds.
    pub description: &'static str,
}

/// When a field has no value although its part is there.
#[derive(Clone, Copy)]
enum Absent {
    Never,
    Sometimes,
    WithoutLimit,
    WithoutExpiry,
}

impl Absent {
    fn is_possible(self, trigger: Trigger) -> bool {
        let is = |kinds: [EventType; 2]| kinds.iter().any(|kind| trigger == Trigger::Event(*kind));
        match self {
            Self::Never => false,
            Self::Sometimes => true,
            Self::WithoutLimit => !is([EventType::CouponLimitReached, EventType::CouponThresholdReached]),
            Self::WithoutExpiry => !is([EventType::CouponExpired, EventType::CouponExpiring]),
        }
    }
}

/// The fields of an event, by the part of it that they need; `coupon` and `event` are always there.
const FIELDS: &[(&str, &str, Kind, Absent, &str)] = &[
    ("event", "event.id", Kind::Code, Absent::Never, "Id of the event"),
    ("event", "event.type", Kind::Code, Absent::Never, "Type of the event, such as `CouponRedeemed`"),
    ("event", "event.occurred_at", Kind::Instant, Absent::Never, "When the event occurred"),
    ("coupon", "coupon.id", Kind::Code, Absent::Never, "Id of the coupon"),
    ("coupon", "coupon.code", Kind::Code, Absent::Never, "The code that was typed, else the coupon's own"),
    ("coupon", "coupon.name", Kind::Text, Absent::Never, "The operator's name for the coupon"),
    ("coupon", "coupon.type", Kind::Code, Absent::Never, "`percentage` or `fixed_amount`"),
    ("coupon", "coupon.value", Kind::Money, Absent::Never, "What the coupon takes off: a percentage or an amount"),
    ("coupon", "coupon.limit", Kind::Number, Absent::WithoutLimit, "Permitted redemptions"),
    ("coupon", "coupon.times_redeemed", Kind::Number, Absent::Never, "Redemptions so far"),
    ("coupon", "coupon.remaining", Kind::Number, Absent::WithoutLimit, "Redemptions left"),
    ("coupon", "coupon.expires_at", Kind::Instant, Absent::WithoutExpiry, "When the coupon expires"),
    ("customer", "customer.email", Kind::Text, Absent::Sometimes, "The customer's e-mail address"),
    ("customer", "customer.id", Kind::Text, Absent::Sometimes, "The shop's id of the customer"),
    ("customer", "customer.first_name", Kind::Text, Absent::Sometimes, "The customer's first name"),
    ("customer", "customer.last_name", Kind::Text, Absent::Sometimes, "The customer's last name"),
    ("order", "order.id", Kind::Text, Absent::Never, "The shop's id of the order"),
    ("order", "order.currency", Kind::Code, Absent::Never, "ISO 4217 code of the order's currency"),
    ("order", "order.value", Kind::Money, Absent::Never, "Order value before the discount"),
    ("order", "order.value.amount", Kind::Number, Absent::Never, "The same in minor units, such as cents"),
    ("order", "order.discount", Kind::Money, Absent::Never, "What the coupon took off"),
    ("order", "order.discount.amount", Kind::Number, Absent::Never, "The same in minor units, such as cents"),
    ("order", "order.total", Kind::Money, Absent::Never, "Order total after the discount"),
    ("order", "order.total.amount", Kind::Number, Absent::Never, "The same in minor units, such as cents"),
    ("order", "source", Kind::Text, Absent::Sometimes, "Where the order came from"),
    ("application", "application.id", Kind::Code, Absent::Never, "Id of the application"),
    ("redemption", "redemption.id", Kind::Code, Absent::Never, "Id of the redemption"),
    ("redemption", "redemption.redemption_number", Kind::Number, Absent::Never, "Sequence number of the redemption"),
    ("rejection", "rejection.code", Kind::Code, Absent::Never, "Why the code was rejected, such as `coupon_expired`"),
    ("rejection", "rejection.detail", Kind::Text, Absent::Never, "The same as a sentence"),
    ("threshold", "threshold", Kind::Text, Absent::Never, "The threshold that was reached: `80%` or `10 left`"),
    ("lead_time", "lead_time", Kind::Code, Absent::Never, "How long before the expiry: an ISO 8601 duration"),
];

/// The merge fields of a trigger. A workflow that others start has all of them, since it may be started for any event;
/// the customer's are there where the event can name one, or `has_contact`.
pub(super) fn of(trigger: Trigger, has_contact: bool) -> impl Iterator<Item = MergeField> {
    let has = move |part: &str| match (part, trigger) {
        ("event" | "coupon", _) | (_, Trigger::Manual) => true,
        ("customer", Trigger::Event(_)) => has_contact || trigger.may_have_contact(),
        (part, Trigger::Event(event)) => event.parts().contains(&part),
    };
    FIELDS.iter().filter(move |(part, ..)| has(part)).map(move |(_, field, kind, absent, description)| MergeField {
        field: (*field).to_owned(),
        kind: *kind,
        may_be_missing: absent.is_possible(trigger),
        description,
    })
}
