//! Values of the merge fields.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Serde, Value};
use serde::Serialize;
use serde_json::Map;

use super::field::UNSUBSCRIBE_URL;
use super::format::Format;
use crate::coupons::coupon::CouponValue;
use crate::events::event::{Event, EventData};
use crate::kernel::money::Money;
use crate::purchases::customer::Customer;

/// Value of the merge field `unsubscribe_url` in a rendered e-mail. It is replaced by the contact's link when the e-mail
/// is sent, so that executions and dry runs do not show the secret in the link. HTML escaping leaves it unchanged.
pub const UNSUBSCRIBE_PLACEHOLDER: &str = "[unsubscribe_url]";

/// Values of the merge fields, and the format for amounts and instants.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) values: Value,
    pub(super) format: Format,
}

/// Amount, or the percentage that a coupon takes off. Prints as `39.20 USD` or `20%` without a
/// filter. An amount has the members `amount`, in minor units, and `currency`.
#[derive(Debug)]
pub(super) struct TemplateMoney(pub(super) CouponValue);

impl fmt::Display for TemplateMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            CouponValue::Percent(percent) => percent.fmt(f),
            CouponValue::Amount(money) => money.fmt(f),
        }
    }
}

impl Object for TemplateMoney {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, member: &Value) -> Option<Value> {
        match (self.0, member.as_str()?) {
            (CouponValue::Amount(money), "amount") => Some(Value::from(money.amount)),
            (CouponValue::Amount(money), "currency") => Some(Value::from(money.currency.code())),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Outputs of steps, by step id. A step without outputs gets an empty object, so that its outputs
/// have no value instead of causing an engine error.
#[derive(Debug)]
struct Outputs(BTreeMap<String, Value>);

impl Outputs {
    fn of(outputs: &BTreeMap<String, Map<String, serde_json::Value>>) -> Self {
        let members = |output: &Map<String, serde_json::Value>| -> Value {
            let with_value = output.iter().filter(|(_, member)| !member.is_null());
            with_value.map(|(name, member)| (name.clone(), value(member))).collect::<BTreeMap<_, _>>().into()
        };
        Self(outputs.iter().map(|(id, output)| (id.clone(), members(output))).collect())
    }
}

impl Object for Outputs {
    fn get_value(self: &Arc<Self>, id: &Value) -> Option<Value> {
        Some(self.0.get(id.as_str()?).cloned().unwrap_or_else(no_members))
    }
}

impl Context {
    /// Collects the values of the fields of an event and of the outputs of the steps so far, by step id. `customer`, if
    /// given, replaces the customer of the event.
    pub fn new(
        event: &Event,
        customer: Option<&Customer>,
        outputs: &BTreeMap<String, Map<String, serde_json::Value>>,
        format: &Format,
    ) -> Self {
        let EventData { coupon, order, source, application, redemption, rejection, threshold, lead_time, .. } =
            &event.data;
        let customer = customer.or(event.data.customer.as_ref());
        let fields = [
            ("event.id", value(event.id())),
            ("event.type", value(event.kind)),
            ("event.occurred_at", value(event.metadata.occurred_at)),
            ("coupon.id", value(&coupon.id)),
            ("coupon.code", value(&coupon.code)),
            ("coupon.name", value(&coupon.name)),
            ("coupon.type", value(coupon.r#type)),
            ("coupon.value", Value::from_object(TemplateMoney(coupon.value))),
            ("coupon.limit", value(coupon.limit)),
            ("coupon.times_redeemed", value(coupon.times_redeemed)),
            ("coupon.remaining", value(coupon.remaining)),
            ("coupon.expires_at", value(coupon.expires_at)),
            ("customer", customer.map_or_else(no_members, value)),
            ("order.id", value(order.as_ref().map(|order| &order.id))),
            ("order.currency", value(order.as_ref().map(|order| order.currency))),
            ("order.value", amount(order.as_ref().map(|order| order.value))),
            ("order.discount", amount(order.as_ref().map(|order| order.discount))),
            ("order.total", amount(order.as_ref().map(|order| order.total))),
            ("source", value(source)),
            ("application.id", value(application.as_ref().map(|application| &application.id))),
            ("redemption.id", value(redemption.as_ref().map(|redemption| &redemption.id))),
            ("redemption.redemption_number", value(redemption.as_ref().map(|redemption| redemption.redemption_number))),
            ("rejection.code", value(rejection.map(|rejection| rejection.code()))),
            ("rejection.detail", value(rejection.map(|rejection| rejection.detail()))),
            ("threshold", value(threshold)),
            ("lead_time", value(lead_time)),
            (UNSUBSCRIBE_URL, value(UNSUBSCRIBE_PLACEHOLDER)),
            ("steps", Value::from_object(Outputs::of(outputs))),
        ];
        Self { values: nested(fields), format: format.clone() }
    }
}

fn value(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}

fn amount(money: Option<Money>) -> Value {
    money.map_or(Value::UNDEFINED, |money| Value::from_object(TemplateMoney(CouponValue::Amount(money))))
}

fn no_members() -> Value {
    Value::from(BTreeMap::<&str, Value>::new())
}

/// Builds nested objects from dotted paths. Omits a member without a value, because null would
/// print `none`. Keeps the object that would contain the member.
pub(super) fn nested<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut members = BTreeMap::new();
    let mut objects: BTreeMap<&str, Vec<(&str, Value)>> = BTreeMap::new();
    for (path, value) in fields {
        let has_value = !value.is_none() && !value.is_undefined();
        match path.split_once('.') {
            Some((object, rest)) => objects.entry(object).or_default().push((rest, value)),
            None if has_value => drop(members.insert(path, value)),
            None => {}
        }
    }
    members.extend(objects.into_iter().map(|(name, fields)| (name, nested(fields))));
    Value::from(members)
}
