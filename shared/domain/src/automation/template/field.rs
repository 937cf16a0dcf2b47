//! Catalog of merge fields: names, kinds of value, and the triggers for which a field can be missing.

use serde::Serialize;

use crate::automation::workflow::Trigger;
use crate::events::event::EventType;

/// Kind of value of a merge field or of a step's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MergeFieldKind")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Kind {
    /// Free text, which can hold any character.
    Text,
    /// Identifier of letters, digits, `_`, `-` and `.`, which needs no escaping in JSON or in a URL.
    Code,
    /// Whole number.
    Number,
    /// Amount of money, for the filter `money`. `coupon.value` can be a percentage instead.
    Money,
    /// Instant, for the filters `date`, `datetime` and `time`.
    Instant,
}

/// Merge field, such as `coupon.code` for `{{coupon.code}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MergeField {
    /// Name of the merge field.
    pub field: String,
    /// Kind of value.
    pub kind: Kind,
    /// Whether the field can be without a value. A message that uses a field without a value is skipped, unless the
    /// template has a `|default` for it.
    pub may_be_missing: bool,
    /// What the field holds.
    pub description: &'static str,
}

/// Output of a step, for later steps, as `{{steps.<id>.<name>}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StepOutput {
    /// Name of the output.
    pub name: &'static str,
    /// Kind of value.
    pub kind: Kind,
    /// Whether the step can complete or be skipped without this output.
    pub may_be_missing: bool,
    /// What the output holds.
    pub description: &'static str,
}

/// Triggers for which a field can have no value, even if the event has the part that the field
/// belongs to.
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

/// Catalog of the merge fields. Each entry has the part of the event that the field belongs to, the field's name and
/// kind, the triggers for which the field can be absent, and a description. Every event has the parts `coupon` and
/// `event`.
const FIELDS: &[(&str, &str, Kind, Absent, &str)] = &[
    ("event", "event.id", Kind::Code, Absent::Never, "Id of the event"),
    ("event", "event.type", Kind::Code, Absent::Never, "Type of the event, such as `CouponRedeemed`"),
    ("event", "event.occurred_at", Kind::Instant, Absent::Never, "When the event occurred"),
    ("coupon", "coupon.id", Kind::Code, Absent::Never, "Id of the coupon"),
    (
        "coupon",
        "coupon.code",
        Kind::Code,
        Absent::Never,
        "Code that the customer entered, or else the coupon's own code",
    ),
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
    ("order", "order.value.amount", Kind::Number, Absent::Never, "Order value in minor units, such as cents"),
    ("order", "order.discount", Kind::Money, Absent::Never, "What the coupon took off"),
    ("order", "order.discount.amount", Kind::Number, Absent::Never, "Discount in minor units, such as cents"),
    ("order", "order.total", Kind::Money, Absent::Never, "Order total after the discount"),
    ("order", "order.total.amount", Kind::Number, Absent::Never, "Order total in minor units, such as cents"),
    ("order", "source", Kind::Text, Absent::Sometimes, "Where the order came from"),
    ("application", "application.id", Kind::Code, Absent::Never, "Id of the application"),
    ("redemption", "redemption.id", Kind::Code, Absent::Never, "Id of the redemption"),
    ("redemption", "redemption.redemption_number", Kind::Number, Absent::Never, "Sequence number of the redemption"),
    ("rejection", "rejection.code", Kind::Code, Absent::Never, "Why the code was rejected, such as `coupon_expired`"),
    ("rejection", "rejection.detail", Kind::Text, Absent::Never, "Why the code was rejected, as a sentence"),
    ("threshold", "threshold", Kind::Text, Absent::Never, "The threshold that was reached: `80%` or `10 left`"),
    ("lead_time", "lead_time", Kind::Code, Absent::Never, "How long before the expiry: an ISO 8601 duration"),
];

/// Whether every event has a part.
fn is_of_every_event(part: &str) -> bool {
    matches!(part, "event" | "coupon")
}

/// Returns the merge fields of a trigger. A manual trigger has all fields, because another workflow can start the
/// workflow for any event. For the same reason, its fields may be missing, except those of every event. Another trigger has the customer's fields if its event can name a customer or `has_contact`
/// is true.
pub(super) fn of(trigger: Trigger, has_contact: bool) -> impl Iterator<Item = MergeField> {
    let has = move |part: &str| match (part, trigger) {
        (part, _) if is_of_every_event(part) => true,
        (_, Trigger::Manual) => true,
        ("customer", Trigger::Event(_)) => has_contact || trigger.may_have_contact(),
        (part, Trigger::Event(event)) => event.parts().contains(&part),
    };
    FIELDS.iter().filter(move |(part, ..)| has(part)).map(move |(part, field, kind, absent, description)| MergeField {
        field: (*field).to_owned(),
        kind: *kind,
        may_be_missing: absent.is_possible(trigger) || (trigger == Trigger::Manual && !is_of_every_event(part)),
        description,
    })
}
