//! Conditions that an execution can wait for: an event of its contact, or a change of the contact.

use serde_json::Value;

use super::trigger::Trigger;
use crate::automation::filter::{Filter, Subject};
use crate::automation::template::Scope;
use crate::contacts::contact::SetChange;
use crate::events::event::{Event, EventType};
use crate::kernel::ids::CouponId;
use crate::kernel::input::{Errors, Field};
use crate::kernel::label::Label;

/// Condition that ends a wait or meets a goal.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitCondition {
    /// Event of the contact, of this type and about this coupon. The event must match the filter.
    Event { kind: EventType, coupon: CouponSelector, filter: Filter },
    /// This change of the contact's tags or lists.
    Change(SetChange),
}

/// Coupon that the awaited event must concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CouponSelector {
    /// Coupon of the execution's event.
    Event,
    /// Coupon in the output of the step with this id.
    Step(String),
    /// Any coupon.
    Any,
}

/// Observed event or change of a contact.
#[derive(Debug, Clone, Copy)]
pub enum Observed<'a> {
    /// Event, with the tags of its contact.
    Event(Subject<'a>),
    Change(&'a SetChange),
}

impl WaitCondition {
    /// Members of a step that define a condition.
    pub(in crate::automation) const MEMBERS: &'static [&'static str] = &["event", "coupon", "filters", "tag", "list"];

    /// Reads `{"event": "coupon_redeemed", "coupon": "same", "filters": […]}` or `{"event":
    /// "tag_added", "tag": "VIP"}`. `scope` contains the outputs of earlier steps, because the
    /// condition can refer to the coupon of an earlier step.
    pub(in crate::automation) fn read(field: &Field<'_>, scope: &Scope, errors: &mut Errors) -> Option<Self> {
        let event = field.get("event");
        let name = event.parse(|name| Ok::<_, String>(name.to_owned()), errors)?;
        let changed = |member: &str, change: fn(Label) -> SetChange, errors: &mut Errors| {
            reject_members(field, &["coupon", "filters", if member == "tag" { "list" } else { "tag" }], errors)?;
            field.get(member).parse(Label::parse, errors).map(|label| Self::Change(change(label)))
        };
        match name.as_str() {
            "tag_added" => changed("tag", SetChange::AddTag, errors),
            "tag_removed" => changed("tag", SetChange::RemoveTag, errors),
            "list_joined" => changed("list", SetChange::AddToList, errors),
            "list_left" => changed("list", SetChange::RemoveFromList, errors),
            _ => {
                let Some(kind) = EventType::from_trigger(&name).filter(|kind| kind.has_order()) else {
                    let kinds = EventType::ALL.iter().filter(|kind| kind.has_order()).map(|kind| kind.trigger());
                    let kinds = kinds.collect::<Vec<_>>().join(", ");
                    let changes = "tag_added, tag_removed, list_joined, list_left";
                    return event.reject(format_args!("must be one of {kinds}, {changes}"), errors);
                };
                reject_members(field, &["tag", "list"], errors)?;
                let coupon =
                    field.get("coupon").optional(errors, |field, errors| CouponSelector::read(field, scope, errors));
                let trigger = Trigger::Event(kind);
                let filter =
                    field.get("filters").optional(errors, |field, errors| Filter::read(field, trigger, errors));
                let filter = filter?.unwrap_or(Filter::All(Vec::new()));
                Some(Self::Event { kind, coupon: coupon?.unwrap_or(CouponSelector::Event), filter })
            }
        }
    }

    /// Whether an observation meets the condition, for an execution about the coupon `own`. `of_step` returns the
    /// coupon in the output of a step.
    pub fn is(&self, observed: Observed<'_>, own: &CouponId, of_step: impl Fn(&str) -> Option<CouponId>) -> bool {
        match (self, observed) {
            (Self::Event { kind, coupon, filter }, Observed::Event(subject)) => {
                let id = &subject.event.data.coupon.id;
                let is_of_coupon = match coupon {
                    CouponSelector::Any => true,
                    CouponSelector::Event => id == own,
                    CouponSelector::Step(step) => of_step(step).as_ref() == Some(id),
                };
                subject.event.kind == *kind && is_of_coupon && filter.matches(subject)
            }
            (Self::Change(wanted), Observed::Change(change)) => wanted == change,
            _ => false,
        }
    }
}

impl CouponSelector {
    fn read(field: &Field<'_>, scope: &Scope, errors: &mut Errors) -> Option<Self> {
        if let Some(Value::Object(_)) = field.value() {
            field.object(&["step"], errors)?;
            let puts_out_a_coupon = |id: &str| match scope.has(&format!("steps.{id}.coupon_id")) {
                true => Ok(Self::Step(id.to_owned())),
                false => Err("must be the id of an earlier step with a coupon as output, such as generate_coupon"),
            };
            return field.get("step").parse(puts_out_a_coupon, errors);
        }
        match field.value().and_then(Value::as_str) {
            Some("same") => Some(Self::Event),
            Some("any") => Some(Self::Any),
            _ => field
                .reject("must be \"same\", \"any\" or, for the coupon of an earlier step, {\"step\": \"id\"}", errors),
        }
    }
}

impl<'a> Observed<'a> {
    /// Returns the observed event. Returns `None` if a change was observed.
    pub fn event(self) -> Option<&'a Event> {
        match self {
            Self::Event(subject) => Some(subject.event),
            Self::Change(_) => None,
        }
    }
}

fn reject_members(field: &Field<'_>, members: &[&str], errors: &mut Errors) -> Option<()> {
    let unfit: Vec<_> = members.iter().filter(|member| !field.get(member).is_absent()).collect();
    for member in &unfit {
        field.get(member).reject::<()>("cannot be combined with this event; omit this member", errors);
    }
    unfit.is_empty().then_some(())
}
