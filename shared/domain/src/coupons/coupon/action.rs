//! Changes of coupons by workflow steps. Executions and dry runs make the same decision. An
//! execution is one run of a workflow, and writes the change conditionally. A dry run only shows
//! the change.

use chrono::{DateTime, Utc};

use super::{Coupon, Edit, LimitChange, State, StateChange, Terms};
use crate::kernel::ids::CouponId;
use crate::kernel::span::Span;

/// Change that a workflow step requests for a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponAction {
    /// Activates or pauses the coupon.
    Switch(State),
    /// Moves the expiry later by this duration. The duration counts from the old expiry, or from
    /// now if the old expiry has passed.
    Extend(Span),
    /// Raises the limit by this number of redemptions.
    RaiseLimit(i64),
}

/// Outcome of a [`CouponAction`] for a given coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CouponDecision {
    /// The coupon already has the requested state. Nothing is written.
    Unchanged,
    /// The coupon changes to this state.
    Switch(State),
    /// The coupon gets new terms.
    Edit(Box<Edit>),
    /// The action does not apply to the coupon. Holds the reason, which the execution records.
    Skip(String),
    /// The action is impossible. Holds the reason, which the execution records.
    Fail(String),
}

impl CouponAction {
    /// Whether the action edits the terms. Before such an edit, callers record the expiry if it is
    /// due (see [`Coupon::due_expiry`]).
    pub fn edits(self) -> bool {
        match self {
            Self::Switch(_) => false,
            Self::Extend(_) | Self::RaiseLimit(_) => true,
        }
    }

    /// Decides what the action does at `now` to the coupon with this id. `coupon` is `None` if no
    /// coupon has this id.
    pub fn decide(self, id: &CouponId, coupon: Option<&Coupon>, now: DateTime<Utc>) -> CouponDecision {
        // An edit of a deleted coupon fails, like an edit of a missing coupon. A switch of a
        // deleted coupon is skipped below, with its own reason.
        let Some(coupon) = coupon.filter(|coupon| !(self.edits() && coupon.state == State::Deleted)) else {
            return CouponDecision::Fail(format!("there is no coupon {id}"));
        };
        match self {
            Self::Switch(to) => match coupon.switch(to, now) {
                StateChange::None => CouponDecision::Unchanged,
                StateChange::Needed => CouponDecision::Switch(to),
                StateChange::Impossible(status) => {
                    CouponDecision::Skip(format!("coupon {} is {}", coupon.terms.code.as_str(), status.into_str()))
                }
            },
            Self::Extend(by) => match coupon.terms.expires_at {
                None => CouponDecision::Skip("the coupon never expires".to_owned()),
                Some(expires_at) => match expires_at.max(now).checked_add_signed(by.delta()) {
                    None => CouponDecision::Fail("the expiry would lie beyond the end of the calendar".to_owned()),
                    later => edited(coupon, Terms { expires_at: later, ..coupon.terms.clone() }, now),
                },
            },
            Self::RaiseLimit(by) => match coupon.terms.max_redemptions {
                None => CouponDecision::Skip("the coupon has no limit".to_owned()),
                Some(limit) => {
                    let raised = Some(limit.saturating_add(by));
                    edited(coupon, Terms { max_redemptions: raised, ..coupon.terms.clone() }, now)
                }
            },
        }
    }
}

fn edited(coupon: &Coupon, terms: Terms, now: DateTime<Utc>) -> CouponDecision {
    match coupon.with_due_expiry_recorded(now).edit(terms, now) {
        Ok(edit) => CouponDecision::Edit(Box::new(edit)),
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect();
            CouponDecision::Fail(faults.join("; "))
        }
    }
}

impl Coupon {
    /// Returns the coupon after its due expiry was recorded. Returns an unchanged copy if no expiry
    /// is due.
    fn with_due_expiry_recorded(&self, now: DateTime<Utc>) -> Self {
        match self.due_expiry(now) {
            Some(_) => Self { state: State::Expired, version: self.version.next(), ..self.clone() },
            None => self.clone(),
        }
    }

    /// Returns the coupon after `decision` was carried out at `now`.
    #[must_use]
    pub fn after(&self, decision: &CouponDecision, now: DateTime<Utc>) -> Self {
        match decision {
            CouponDecision::Unchanged | CouponDecision::Skip(_) | CouponDecision::Fail(_) => self.clone(),
            CouponDecision::Switch(state) => Self { state: *state, version: self.version.next(), ..self.clone() },
            CouponDecision::Edit(edit) => {
                let settled = self.with_due_expiry_recorded(now);
                Self {
                    terms: edit.terms.clone(),
                    state: if edit.revives { State::Active } else { settled.state },
                    remaining: match edit.limit {
                        LimitChange::None => self.remaining,
                        LimitChange::Raised(by) => self.remaining.map(|remaining| remaining.saturating_add(by)),
                        LimitChange::Lowered(by) => self.remaining.map(|remaining| remaining - by),
                        LimitChange::Removed => None,
                        LimitChange::Introduced { remaining } => Some(remaining),
                    },
                    limit_epoch: if edit.begins_epoch { self.limit_epoch.next() } else { self.limit_epoch },
                    version: settled.version.next(),
                    ..settled
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};

    use super::*;
    use crate::kernel::input;

    fn now() -> DateTime<Utc> {
        "2026-07-31T12:00:00Z".parse().unwrap()
    }

    fn coupon(more: Value) -> Coupon {
        let mut terms =
            json!({"code": "BETA50", "name": "Beta", "discount": {"type": "percentage", "percent_off": 50}});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Coupon::new(CouponId::new(now(), [1; 10]), input::read(&terms, Terms::read).unwrap(), now())
    }

    fn decide(action: CouponAction, coupon: &Coupon) -> CouponDecision {
        action.decide(&coupon.id, Some(coupon), now())
    }

    fn day() -> CouponAction {
        CouponAction::Extend(Span::parse("P1D").unwrap())
    }

    #[test]
    fn action_that_does_not_apply_is_skipped_with_reason() {
        let unlimited = coupon(json!({}));
        assert_eq!(decide(day(), &unlimited), CouponDecision::Skip("the coupon never expires".into()));
        let raise = CouponAction::RaiseLimit(5);
        assert_eq!(decide(raise, &unlimited), CouponDecision::Skip("the coupon has no limit".into()));
        let expired = Coupon { state: State::Expired, ..coupon(json!({"expires_at": "2026-07-01T00:00:00Z"})) };
        let pause = CouponAction::Switch(State::Paused);
        assert_eq!(decide(pause, &expired), CouponDecision::Skip("coupon BETA50 is expired".into()));
        assert_eq!(decide(CouponAction::Switch(State::Active), &unlimited), CouponDecision::Unchanged);
    }

    #[test]
    fn edit_of_deleted_coupon_and_action_on_missing_coupon_fail() {
        let deleted = Coupon { state: State::Deleted, ..coupon(json!({"max_redemptions": 5})) };
        let gone = CouponDecision::Fail(format!("there is no coupon {}", deleted.id));
        assert_eq!(decide(CouponAction::RaiseLimit(5), &deleted), gone);
        assert_eq!(CouponAction::Switch(State::Paused).decide(&deleted.id, None, now()), gone);
        let skipped = CouponDecision::Skip("coupon BETA50 is deleted".into());
        assert_eq!(decide(CouponAction::Switch(State::Paused), &deleted), skipped);
    }

    #[test]
    fn extending_passed_expiry_counts_from_now_and_reactivates() {
        let due = coupon(json!({"expires_at": "2026-07-31T11:00:00Z"}));
        let decision = decide(day(), &due);
        let CouponDecision::Edit(edit) = &decision else { panic!("{decision:?}") };
        assert!(edit.revives);
        let after = due.after(&decision, now());
        assert_eq!((after.state, after.terms.expires_at), (State::Active, Some(now() + TimeDelta::days(1))));
        assert_eq!(after.version, due.version.next().next(), "the expiry and the edit each increase the version");
    }

    #[test]
    fn next_decision_sees_coupon_after_previous_decision() {
        let limited = coupon(json!({"max_redemptions": 5}));
        let raised = limited.after(&decide(CouponAction::RaiseLimit(3), &limited), now());
        assert_eq!((raised.terms.max_redemptions, raised.remaining, raised.limit_epoch.get()), (Some(8), Some(8), 2));
        let paused = raised.after(&decide(CouponAction::Switch(State::Paused), &raised), now());
        assert_eq!(decide(CouponAction::Switch(State::Paused), &paused), CouponDecision::Unchanged);
    }
}
