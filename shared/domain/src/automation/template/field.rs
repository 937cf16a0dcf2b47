//! Catalog of merge fields: names, kinds of value, and the triggers for which a field can be missing.

use serde::Serialize;

use crate::automation::workflow::Trigger;
use crate::events::event::{CouponTerm, EventPart};

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
        let always_has = |term: CouponTerm| match trigger {
            Trigger::Event(event) => event.properties().coupon_has.contains(&term),
            Trigger::Manual => false,
        };
        match self {
            Self::Never => false,
            Self::Sometimes => true,
            Self::WithoutLimit => !always_has(CouponTerm::Limit),
            Self::WithoutExpiry => !always_has(CouponTerm::Expiry),
        }
    }
}

/// Part of an event that a merge field belongs to.
#[derive(Clone, Copy)]
enum Part {
    /// The event itself.
    Event,
    Coupon,
    Customer,
    /// A part that only some types of events have.
    Of(EventPart),
}

/// Catalog of the merge fields. Each entry has the part of the event that the field belongs to, the field's name and
/// kind, the triggers for which the field can be absent, and a description. Every event has the parts `coupon` and
/// `event`.
const FIELDS: &[(Part, &str, Kind, Absent, &str)] = &[
    (Part::Event, "event.id", Kind::Code, Absent::Never, "Id of the event"),
    (Part::Event, "event.type", Kind::Code, Absent::Never, "Type of the event, such as `CouponRedeemed`"),
    (Part::Event, "event.occurred_at", Kind::Instant, Absent::Never, "When the event occurred"),
    (Part::Coupon, "coupon.id", Kind::Code, Absent::Never, "Id of the coupon"),
    (
        Part::Coupon,
        "coupon.code",
        Kind::Code,
        Absent::Never,
        "Code that the customer entered, or else the coupon's own code",
    ),
    (Part::Coupon, "coupon.name", Kind::Text, Absent::Never, "The operator's name for the coupon"),
    (Part::Coupon, "coupon.type", Kind::Code, Absent::Never, "`percentage` or `fixed_amount`"),
    (Part::Coupon, "coupon.value", Kind::Money, Absent::Never, "What the coupon takes off: a percentage or an amount"),
    (Part::Coupon, "coupon.limit", Kind::Number, Absent::WithoutLimit, "Permitted redemptions"),
    (Part::Coupon, "coupon.times_redeemed", Kind::Number, Absent::Never, "Redemptions so far"),
    (Part::Coupon, "coupon.remaining", Kind::Number, Absent::WithoutLimit, "Redemptions left"),
    (Part::Coupon, "coupon.expires_at", Kind::Instant, Absent::WithoutExpiry, "When the coupon expires"),
    (Part::Customer, "customer.email", Kind::Text, Absent::Sometimes, "The customer's e-mail address"),
    (Part::Customer, "customer.id", Kind::Text, Absent::Sometimes, "The shop's id of the customer"),
    (Part::Customer, "customer.first_name", Kind::Text, Absent::Sometimes, "The customer's first name"),
    (Part::Customer, "customer.last_name", Kind::Text, Absent::Sometimes, "The customer's last name"),
    (Part::Of(EventPart::Order), "order.id", Kind::Text, Absent::Never, "The shop's id of the order"),
    (Part::Of(EventPart::Order), "order.currency", Kind::Code, Absent::Never, "ISO 4217 code of the order's currency"),
    (Part::Of(EventPart::Order), "order.value", Kind::Money, Absent::Never, "Order value before the discount"),
    (
        Part::Of(EventPart::Order),
        "order.value.amount",
        Kind::Number,
        Absent::Never,
        "Order value in minor units, such as cents",
    ),
    (Part::Of(EventPart::Order), "order.discount", Kind::Money, Absent::Never, "What the coupon took off"),
    (
        Part::Of(EventPart::Order),
        "order.discount.amount",
        Kind::Number,
        Absent::Never,
        "Discount in minor units, such as cents",
    ),
    (Part::Of(EventPart::Order), "order.total", Kind::Money, Absent::Never, "Order total after the discount"),
    (
        Part::Of(EventPart::Order),
        "order.total.amount",
        Kind::Number,
        Absent::Never,
        "Order total in minor units, such as cents",
    ),
    (Part::Of(EventPart::Order), "source", Kind::Text, Absent::Sometimes, "Where the order came from"),
    (Part::Of(EventPart::Application), "application.id", Kind::Code, Absent::Never, "Id of the application"),
    (Part::Of(EventPart::Redemption), "redemption.id", Kind::Code, Absent::Never, "Id of the redemption"),
    (
        Part::Of(EventPart::Redemption),
        "redemption.redemption_number",
        Kind::Number,
        Absent::Never,
        "Sequence number of the redemption",
    ),
    (
        Part::Of(EventPart::Rejection),
        "rejection.code",
        Kind::Code,
        Absent::Never,
        "Why the code was rejected, such as `coupon_expired`",
    ),
    (
        Part::Of(EventPart::Rejection),
        "rejection.detail",
        Kind::Text,
        Absent::Never,
        "Why the code was rejected, as a sentence",
    ),
    (
        Part::Of(EventPart::Threshold),
        "threshold",
        Kind::Text,
        Absent::Never,
        "The threshold that was reached: `80%` or `10 left`",
    ),
    (
        Part::Of(EventPart::LeadTime),
        "lead_time",
        Kind::Code,
        Absent::Never,
        "How long before the expiry: an ISO 8601 duration",
    ),
];

/// Merge field with the link by which the contact unsubscribes. Only e-mails to contacts have it.
pub(in crate::automation) const UNSUBSCRIBE_URL: &str = "unsubscribe_url";

/// Describes the merge field of the unsubscribe link.
pub(super) fn unsubscribe_url() -> MergeField {
    MergeField {
        field: UNSUBSCRIBE_URL.to_owned(),
        kind: Kind::Code,
        may_be_missing: false,
        description: "Link by which the contact unsubscribes, only in `send_email`",
    }
}

/// Returns the merge fields of a trigger. A manual trigger has all fields, because another workflow can start the
/// workflow for any event. For the same reason, its fields may be missing, except those of every event. Another trigger
/// has the customer's fields if its event can name a customer or `has_contact` is true.
pub(super) fn of(trigger: Trigger, has_contact: bool) -> impl Iterator<Item = MergeField> {
    let is_of_every_event = |part: Part| match part {
        Part::Event | Part::Coupon => true,
        Part::Customer | Part::Of(_) => false,
    };
    let has = move |part: Part| match (part, trigger) {
        (Part::Event | Part::Coupon, _) | (_, Trigger::Manual) => true,
        (Part::Customer, Trigger::Event(_)) => has_contact || trigger.may_have_contact(),
        (Part::Of(part), Trigger::Event(event)) => event.has(part),
    };
    FIELDS.iter().filter(move |(part, ..)| has(*part)).map(move |(part, field, kind, absent, description)| MergeField {
        field: (*field).to_owned(),
        kind: *kind,
        may_be_missing: absent.is_possible(trigger) || (trigger == Trigger::Manual && !is_of_every_event(*part)),
        description,
    })
}
