//! Scope: the merge fields that are available at one step of a workflow.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use minijinja::value::Value;

use super::context::{TemplateMoney, nested};
use super::field;
use super::field::{Kind, MergeField, StepOutput};
use crate::automation::workflow::Trigger;
use crate::coupons::coupon::CouponValue;
use crate::kernel::money::{Currency, Money};

/// Merge fields that the templates of one step can use.
#[derive(Debug, Clone)]
pub struct Scope {
    trigger: Trigger,
    fields: BTreeMap<String, MergeField>,
    unreadable_steps: BTreeSet<String>,
}

impl Scope {
    /// Creates the scope of a workflow's first step. A workflow with a manual trigger can use the fields of every
    /// event, because another workflow can start it for any event.
    pub fn of(trigger: Trigger) -> Self {
        Self { trigger, fields: by_name(field::of(trigger, false)), unreadable_steps: BTreeSet::new() }
    }

    /// Adds the customer's fields, for steps that always run for a contact, even if the trigger's event names no
    /// customer.
    #[must_use]
    pub fn with_contact(mut self) -> Self {
        self.fields.extend(by_name(field::of(self.trigger, true)));
        self
    }

    /// Adds the unsubscribe link, for an e-mail to the contact.
    pub fn add_unsubscribe_url(&mut self) {
        self.fields.extend(by_name(std::iter::once(field::unsubscribe_url())));
    }

    /// Removes the unsubscribe link, which other messages do not have.
    pub fn remove_unsubscribe_url(&mut self) {
        self.fields.remove(field::UNSUBSCRIBE_URL);
    }

    /// Adds the outputs of an earlier step.
    pub fn add_step<'a>(&mut self, id: &str, outputs: impl IntoIterator<Item = &'a StepOutput>) {
        self.fields.extend(by_name(outputs.into_iter().map(|output| MergeField {
            field: format!("steps.{id}.{}", output.name),
            kind: output.kind,
            may_be_missing: output.may_be_missing,
            description: output.description,
        })));
    }

    /// Sets whether a field can be missing at this step. No-op if the scope has no such field.
    pub fn set_may_be_missing(&mut self, name: &str, may_be_missing: bool) {
        if let Some(field) = self.fields.get_mut(name) {
            field.may_be_missing = may_be_missing;
        }
    }

    /// Adds an earlier step of an unknown type. The outputs of such a step are unknown, so [`Self::has`] accepts any
    /// output name for the step.
    pub fn add_unreadable_step(&mut self, id: &str) {
        self.unreadable_steps.insert(id.to_owned());
    }

    /// Returns all fields, sorted by name.
    pub fn fields(&self) -> impl Iterator<Item = &MergeField> {
        self.fields.values()
    }

    /// Returns the field with this name, such as `coupon.code`.
    pub fn field(&self, name: &str) -> Option<&MergeField> {
        self.fields.get(name)
    }

    /// Whether the scope has a field with this name. Also true for any output of a step of unknown type.
    pub fn has(&self, name: &str) -> bool {
        let step = name.strip_prefix("steps.").and_then(|rest| rest.split('.').next());
        self.fields.contains_key(name) || step.is_some_and(|id| self.unreadable_steps.contains(id))
    }

    /// Amount that a field is a member of, such as `order.total` for `order.total.amount`.
    pub(super) fn amount_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (object, _) = name.rsplit_once('.')?;
        self.field(object).is_some_and(|object| object.kind == Kind::Money).then_some(object)
    }

    /// Returns sample values for all fields except those for which `is_missing` returns true.
    pub(super) fn sample(&self, is_missing: impl Fn(&MergeField) -> bool) -> Value {
        // The sample of an amount such as `order.total` already contains members such as `order.total.amount`.
        let fields = self.fields().filter(|field| self.amount_of(&field.field).is_none());
        nested(fields.map(|field| match is_missing(field) {
            true => (field.field.as_str(), Value::UNDEFINED),
            false => (field.field.as_str(), sample(field.kind)),
        }))
    }
}

fn by_name(fields: impl Iterator<Item = MergeField>) -> BTreeMap<String, MergeField> {
    fields.map(|field| (field.field.clone(), field)).collect()
}

fn sample(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Code => Value::from("sample"),
        Kind::Number => Value::from(7),
        Kind::Instant => Value::from(DateTime::UNIX_EPOCH.to_rfc3339()),
        Kind::Money => match Currency::parse("USD") {
            Ok(currency) => Value::from_object(TemplateMoney(CouponValue::Amount(Money::new(700, currency)))),
            Err(_) => Value::UNDEFINED,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::actions::StepKind;
    use crate::events::event::EventType;

    #[test]
    fn trigger_without_an_order_has_customer_fields_only_with_a_contact() {
        let expired = Scope::of(Trigger::Event(EventType::CouponExpired));
        assert!(!expired.has("customer.email"));
        assert!(expired.with_contact().has("customer.email"));
    }

    #[test]
    fn every_trigger_has_the_fields_of_the_parts_of_its_event() {
        let has = |event, field: &str| Scope::of(Trigger::Event(event)).has(field);
        assert!(has(EventType::CouponRejected, "rejection.code"));
        assert!(has(EventType::CouponThresholdReached, "threshold"));
        assert!(has(EventType::CouponExpiring, "lead_time"));
        assert!(!has(EventType::CouponApplied, "rejection.code"));
    }

    #[test]
    fn field_has_its_kind_and_whether_it_may_be_missing() {
        let mut scope = Scope::of(Trigger::Event(EventType::CouponApplied));
        scope.add_step("bonus", StepKind::GenerateCoupon.properties().outputs);
        let said = |field: &str| {
            let field = scope.field(field).unwrap();
            (field.kind, field.may_be_missing)
        };
        assert_eq!(said("coupon.code"), (Kind::Code, false));
        assert_eq!(said("coupon.limit"), (Kind::Number, true));
        assert_eq!(said("order.total"), (Kind::Money, false));
        assert_eq!(said("steps.bonus.expires_at"), (Kind::Instant, true));
        let full = Scope::of(Trigger::Event(EventType::CouponLimitReached));
        assert!(!full.field("coupon.limit").unwrap().may_be_missing);
    }

    #[test]
    fn manual_trigger_has_only_the_fields_of_every_event_for_certain() {
        let manual = Scope::of(Trigger::Manual);
        let certain = manual.fields().filter(|field| !field.may_be_missing).map(|field| field.field.as_str());
        let certain: Vec<&str> = certain.collect();
        for always in ["coupon.code", "coupon.times_redeemed", "event.id"] {
            assert!(certain.contains(&always), "{always}");
        }
        assert!(certain.iter().all(|field| field.starts_with("coupon.") || field.starts_with("event.")), "{certain:?}");
        for kind in EventType::ALL {
            let of_event = Scope::of(Trigger::Event(*kind));
            assert!(certain.iter().all(|field| of_event.has(field)), "{kind}");
        }
        for name in ["order.id", "order.total", "order.total.amount", "redemption.id", "threshold", "lead_time"] {
            assert!(manual.field(name).unwrap().may_be_missing, "{name}");
        }
    }
}
