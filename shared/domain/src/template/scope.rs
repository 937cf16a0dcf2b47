//! Which merge fields there are, and what kind of value each has.

use std::collections::BTreeSet;

use chrono::DateTime;
use minijinja::value::Value;

use super::context::{Worth, nested};
use crate::coupon::CouponValue;
use crate::money::{Currency, Money};
use crate::workflow::Trigger;

/// The fields that a template can use.
#[derive(Debug, Clone)]
pub struct Scope {
    fields: BTreeSet<String>,
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// An amount of money, for the filter `money`; of `coupon.value`, perhaps a percentage.
    Money,
    /// An instant, for the filters `date`, `datetime` and `time`.
    Instant,
}

impl Kind {
    /// The kind of the field with this name.
    pub fn of(field: &str) -> Self {
        match field {
            _ if NUMBERS.contains(&field) => Self::Number,
            _ if MONEY.contains(&field) => Self::Money,
            _ if field.ends_with("_at") => Self::Instant,
            _ => Self::Text,
        }
    }

    /// The name, such as `text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Instant => "instant",
        }
    }

    fn sample(self) -> Value {
        match self {
            Self::Text => Value::from("sample"),
            Self::Number => Value::from(7),
            Self::Instant => Value::from(DateTime::UNIX_EPOCH.to_rfc3339()),
            Self::Money => match Currency::parse("USD") {
                Ok(currency) => Value::from_object(Worth(CouponValue::Amount(Money::new(700, currency)))),
                Err(_) => Value::UNDEFINED,
            },
        }
    }
}

const COUPON: &[&str] = &["id", "code", "name", "type", "value", "limit", "times_redeemed", "remaining", "expires_at"];
const ORDER: &[&str] = &["id", "currency", "value", "discount", "total"];
const CUSTOMER: &[&str] = &["email", "id", "first_name", "last_name"];
const EVENT: &[&str] = &["id", "type", "occurred_at"];

const NUMBERS: &[&str] = &["coupon.limit", "coupon.times_redeemed", "coupon.remaining", "redemption.redemption_number"];
const MONEY: &[&str] = &["coupon.value", "order.value", "order.discount", "order.total"];

impl Scope {
    /// What a workflow with this trigger can use. One that others start can use everything, since it may be started
    /// for any event.
    pub fn of(trigger: Trigger) -> Self {
        let has = |part| match trigger {
            Trigger::Manual => true,
            Trigger::Event(event) => event.parts().contains(&part),
        };
        let mut scope = Self { fields: BTreeSet::new() };
        scope.add("coupon", COUPON);
        scope.add("event", EVENT);
        if has("order") {
            scope.add("order", ORDER);
            scope.add("customer", CUSTOMER);
            scope.fields.insert("source".into());
        }
        if has("application") {
            scope.add("application", &["id"]);
        }
        if has("redemption") {
            scope.add("redemption", &["id", "redemption_number"]);
        }
        if has("rejection") {
            scope.add("rejection", &["code", "detail"]);
        }
        scope.fields.extend(["threshold", "lead_time"].into_iter().filter(|part| has(part)).map(str::to_owned));
        scope
    }

    /// The same where each run is for a contact, whatever the trigger.
    #[must_use]
    pub fn with_contact(mut self) -> Self {
        self.add("customer", CUSTOMER);
        self
    }

    /// Adds what an earlier step puts out. An output that is an instant has a name that ends in `_at`.
    pub fn add_step(&mut self, id: &str, outputs: &[&str]) {
        self.add(&format!("steps.{id}"), outputs);
    }

    /// The names of all fields, such as `coupon.code`; [`Kind::of`] says what kind of value each has.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains(field)
    }

    /// A value for every field.
    pub(super) fn sample(&self) -> Value {
        nested(self.fields().map(|field| (field, Kind::of(field).sample())))
    }

    fn add(&mut self, object: &str, members: &[&str]) {
        self.fields.extend(members.iter().map(|member| format!("{object}.{member}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;

    #[test]
    fn a_trigger_without_an_order_has_a_customer_only_for_a_contact() {
        let expired = Scope::of(Trigger::Event(EventType::CouponExpired));
        assert!(!expired.has("customer.email"));
        assert!(expired.with_contact().has("customer.email"));
    }

    #[test]
    fn every_trigger_has_the_fields_of_its_own_parts() {
        let has = |event, field: &str| Scope::of(Trigger::Event(event)).has(field);
        assert!(has(EventType::CouponRejected, "rejection.code"));
        assert!(has(EventType::CouponThresholdReached, "threshold"));
        assert!(has(EventType::CouponExpiring, "lead_time"));
        assert!(!has(EventType::CouponApplied, "rejection.code"));
    }

    #[test]
    fn a_field_says_its_kind() {
        let kinds = ["coupon.code", "coupon.limit", "order.total", "coupon.expires_at", "steps.bonus.expires_at"];
        let expected = ["text", "number", "money", "instant", "instant"];
        assert_eq!(kinds.map(|field| Kind::of(field).name()), expected);
    }
}
