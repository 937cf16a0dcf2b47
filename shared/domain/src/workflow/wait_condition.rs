//! What an execution can wait for: an event about its contact, or a change of the contact.

use serde_json::Value;

use super::Trigger;
use crate::contact::SetChange;
use crate::event::{Event, EventType};
use crate::filter::{Filter, Subject};
use crate::ids::CouponId;
use crate::input::{Errors, Field};
use crate::label::Label;
use crate::template::Scope;

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitCondition {
    /// An event of this contact.
    Event {
        /// Of this type.
        kind: EventType,
        /// About this coupon.
        coupon: CouponOf,
        /// That this wants.
        filter: Filter,
    },
    /// A tag or a list of the contact that changed just so.
    Change(SetChange),
}

/// Which coupon something has to happen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CouponOf {
    /// That of the execution's event.
    Event,
    /// The one that an earlier step put out.
    Step(String),
    /// Any.
    Any,
}

/// What has happened.
#[derive(Debug, Clone, Copy)]
pub enum Observed<'a> {
    /// An event, with what is known of its contact.
    Event(Subject<'a>),
    /// A change of the contact.
    Change(&'a SetChange),
}

impl WaitCondition {
    /// The members of a step that say it.
    pub(super) const MEMBERS: &'static [&'static str] = &["event", "coupon", "filters", "tag", "list"];

    /// Reads `{"event": "coupon_redeemed", "coupon": "same", "filters": […]}` or `{"event": "tag_added", "tag": "VIP"}`,
    /// where a coupon may be that of an earlier step of which the scope knows.
    pub(super) fn read(field: &Field<'_>, scope: &Scope, errors: &mut Errors) -> Option<Self> {
        let event = field.get("event");
        let name = event.parse(|name| Ok::<_, String>(name.to_owned()), errors)?;
        let changed = |member: &str, change: fn(Label) -> SetChange, errors: &mut Errors| {
            refuse_members(field, &["coupon", "filters", if member == "tag" { "list" } else { "tag" }], errors)?;
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
                    return event
                        .refuse(format_args!("must be what can happen to a contact: {kinds}, {changes}"), errors);
                };
                refuse_members(field, &["tag", "list"], errors)?;
                let coupon = field.get("coupon").optional(errors, |field, errors| CouponOf::read(field, scope, errors));
                let trigger = Trigger::Event(kind);
                let filter =
                    field.get("filters").optional(errors, |field, errors| Filter::read(field, trigger, errors));
                let filter = filter?.unwrap_or(Filter::All(Vec::new()));
                Some(Self::Event { kind, coupon: coupon?.unwrap_or(CouponOf::Event), filter })
            }
        }
    }

    /// Whether what has happened is this, for an execution about the coupon `own`; `of_step` says which coupon a step of
    /// it put out.
    pub fn is(&self, heard: Observed<'_>, own: &CouponId, of_step: impl Fn(&str) -> Option<CouponId>) -> bool {
        match (self, heard) {
            (Self::Event { kind, coupon, filter }, Observed::Event(subject)) => {
                let id = &subject.event.data.coupon.id;
                let is_of_coupon = match coupon {
                    CouponOf::Any => true,
                    CouponOf::Event => id == own,
                    CouponOf::Step(step) => of_step(step).as_ref() == Some(id),
                };
                subject.event.kind == *kind && is_of_coupon && filter.matches(subject)
            }
            (Self::Change(wanted), Observed::Change(change)) => wanted == change,
            _ => false,
        }
    }
}

impl CouponOf {
    fn read(field: &Field<'_>, scope: &Scope, errors: &mut Errors) -> Option<Self> {
        if let Some(Value::Object(_)) = field.value() {
            field.object(&["step"], errors)?;
            let puts_out_a_coupon = |id: &str| match scope.has(&format!("steps.{id}.coupon_id")) {
                true => Ok(Self::Step(id.to_owned())),
                false => Err("must be the id of an earlier step that puts out a coupon, such as a generate_coupon"),
            };
            return field.get("step").parse(puts_out_a_coupon, errors);
        }
        match field.value().and_then(Value::as_str) {
            Some("same") => Some(Self::Event),
            Some("any") => Some(Self::Any),
            _ => field.refuse("must be \"same\", \"any\" or {\"step\": \"id\"}, the coupon of an earlier step", errors),
        }
    }
}

impl<'a> Observed<'a> {
    /// The event, where it is one.
    pub fn event(self) -> Option<&'a Event> {
        match self {
            Self::Event(subject) => Some(subject.event),
            Self::Change(_) => None,
        }
    }
}

fn refuse_members(field: &Field<'_>, members: &[&str], errors: &mut Errors) -> Option<()> {
    let unfit: Vec<_> = members.iter().filter(|member| !field.get(member).is_absent()).collect();
    for member in &unfit {
        field.get(member).refuse::<()>("does not go with this event", errors);
    }
    unfit.is_empty().then_some(())
}
