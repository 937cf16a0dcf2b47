//! Edits of a coupon, and their effects on the limit, the expiry and the state.

use chrono::{DateTime, Utc};

use super::{Coupon, State, Terms};
use crate::kernel::input::{Errors, FieldError};

/// Effect of an edit on the redemption limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitChange {
    None,
    /// The limit rises by this number.
    Raised(i64),
    /// The limit falls by this number. The new limit is at least the number of redeemed and held
    /// redemptions.
    Lowered(i64),
    Removed,
    /// The coupon had no limit and gets one.
    Introduced {
        /// New limit minus redeemed and held redemptions.
        remaining: i64,
    },
}

/// A permitted edit of a coupon. The edit is valid only for the coupon version that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub terms: Terms,
    pub limit: LimitChange,
    /// Whether a new limit epoch begins (see [`Coupon::limit_epoch`]). In a new epoch, the events
    /// for the limit and the thresholds can fire again.
    pub begins_epoch: bool,
    /// Whether an expired coupon becomes active again.
    pub revives: bool,
    /// Whether the expiry or its lead times change. A lead time is the time from a notice to the
    /// expiry.
    pub reschedules: bool,
}

impl Coupon {
    /// Checks new terms at `now` and returns their effects. If the expiry is due, callers must
    /// record the expiry first (see [`Coupon::due_expiry`]).
    ///
    /// # Errors
    /// Returns one error per invalid field if any field cannot change to its new value.
    pub fn edit(&self, terms: Terms, now: DateTime<Utc>) -> Result<Edit, Errors> {
        let mut errors = Errors::new();
        let mut reject = |pointer: &str, detail: String| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        if terms.code != self.terms.code {
            reject(
                "/code",
                "cannot be changed, because customers may already have the code; create another coupon".to_owned(),
            );
        }
        if terms.code_type != self.terms.code_type {
            reject("/code_type", "cannot be changed; create another coupon".to_owned());
        }
        let unlimited_codes = "cannot be added to a coupon with unlimited unique codes; create another coupon";
        if self.is_unlimited_unique() && terms.max_redemptions.is_some() {
            reject("/max_redemptions", unlimited_codes.to_owned());
        }
        if self.is_unlimited_unique() && terms.max_redemptions_per_customer.is_some() {
            reject("/max_redemptions_per_customer", unlimited_codes.to_owned());
        }
        let used = self.times_redeemed + self.held;
        if !self.is_unlimited_unique() && terms.max_redemptions.is_some_and(|limit| limit < used) {
            let (redeemed, held) = (self.times_redeemed, self.held);
            reject("/max_redemptions", format!("must be at least {used}: {redeemed} are redeemed and {held} held"));
        }
        let expiry_moved = terms.expires_at != self.terms.expires_at;
        if expiry_moved && terms.expires_at.is_some_and(|expires_at| expires_at <= now) {
            reject("/expires_at", "must be in the future; to end the coupon now, pause or delete it".to_owned());
        }
        if terms.backup_coupon_id.as_ref() == Some(&self.id) {
            reject("/backup_coupon_id", "must be another coupon".to_owned());
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let limit = match (self.terms.max_redemptions, terms.max_redemptions) {
            (Some(old), Some(new)) if new > old => LimitChange::Raised(new - old),
            (Some(old), Some(new)) if new < old => LimitChange::Lowered(old - new),
            (Some(_), None) => LimitChange::Removed,
            (None, Some(new)) => LimitChange::Introduced { remaining: new - used },
            _ => LimitChange::None,
        };
        Ok(Edit {
            limit,
            begins_epoch: match limit {
                LimitChange::None | LimitChange::Lowered(_) => false,
                LimitChange::Raised(_) | LimitChange::Removed | LimitChange::Introduced { .. } => true,
            },
            revives: expiry_moved && self.state == State::Expired,
            reschedules: expiry_moved || terms.expiry_lead_times != self.terms.expiry_lead_times,
            terms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::CouponId;
    use crate::kernel::input;
    use serde_json::{Value, json};

    const NOON: &str = "2026-07-31T12:00:00Z";

    fn terms(more: Value) -> Terms {
        let mut document =
            json!({"code": "BETA50", "name": "Beta", "discount": {"type": "percentage", "percent_off": 50}});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input::read(&document, Terms::read).unwrap()
    }

    fn coupon(more: Value) -> Coupon {
        Coupon::new(CouponId::new(NOON.parse().unwrap(), [1; 10]), terms(more), NOON.parse().unwrap())
    }

    fn edit(coupon: &Coupon, more: Value) -> Result<Edit, String> {
        coupon.edit(terms(more), NOON.parse().unwrap()).map_err(|errors| errors[0].pointer.clone())
    }

    #[test]
    fn limit_below_redeemed_and_held_is_rejected() {
        let mut used = coupon(json!({"max_redemptions": 100}));
        (used.times_redeemed, used.held, used.remaining) = (40, 10, Some(50));
        assert_eq!(edit(&used, json!({"max_redemptions": 49})), Err("/max_redemptions".into()));
        let lowered = edit(&used, json!({"max_redemptions": 50})).unwrap();
        assert_eq!((lowered.limit, lowered.begins_epoch), (LimitChange::Lowered(50), false));
        let raised = edit(&used, json!({"max_redemptions": 101})).unwrap();
        assert_eq!((raised.limit, raised.begins_epoch), (LimitChange::Raised(1), true));
        assert_eq!(edit(&used, json!({})).unwrap().limit, LimitChange::Removed);
    }

    #[test]
    fn introduced_limit_counts_earlier_redemptions() {
        let mut unlimited = coupon(json!({}));
        unlimited.times_redeemed = 7;
        assert_eq!(
            edit(&unlimited, json!({"max_redemptions": 10})).unwrap().limit,
            LimitChange::Introduced { remaining: 3 }
        );
        assert_eq!(edit(&unlimited, json!({"max_redemptions": 6})), Err("/max_redemptions".into()));
    }

    #[test]
    fn expired_coupon_is_reactivated_only_by_a_change_of_its_expiry() {
        let mut expired = coupon(json!({"expires_at": "2026-07-31T00:00:00Z"}));
        expired.state = State::Expired;
        let same = json!({"expires_at": "2026-07-31T00:00:00Z", "name": "Renamed"});
        assert!(!edit(&expired, same).unwrap().revives);
        assert!(edit(&expired, json!({"expires_at": "2026-08-31T00:00:00Z"})).unwrap().revives);
        assert!(edit(&expired, json!({})).unwrap().revives, "removing the expiry reactivates the coupon");
        assert_eq!(edit(&expired, json!({"expires_at": "2026-07-31T11:00:00Z"})), Err("/expires_at".into()));
    }

    #[test]
    fn adding_limit_to_unlimited_unique_codes_is_rejected() {
        let unique = coupon(json!({"code_type": "unique"}));
        let with = |more: Value| {
            let mut document = json!({"code_type": "unique"});
            document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            edit(&unique, document).map(|edit| edit.limit)
        };
        assert_eq!(with(json!({"name": "Renamed"})), Ok(LimitChange::None));
        assert_eq!(with(json!({"max_redemptions": 5})), Err("/max_redemptions".into()));
        assert_eq!(with(json!({"max_redemptions_per_customer": 1})), Err("/max_redemptions_per_customer".into()));
    }

    #[test]
    fn edit_reports_every_invalid_field() {
        let mut used = coupon(json!({"max_redemptions": 100}));
        used.times_redeemed = 3;
        let all = json!({"code": "OTHER", "max_redemptions": 1, "expires_at": "2001-01-01T00:00:00Z",
            "backup_coupon_id": used.id});
        let errors = used.edit(terms(all), NOON.parse().unwrap()).unwrap_err();
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/code", "/max_redemptions", "/expires_at", "/backup_coupon_id"]);
    }

    #[test]
    fn changing_code_or_code_type_is_rejected() {
        assert_eq!(edit(&coupon(json!({})), json!({"code": "OTHER"})), Err("/code".into()));
        assert_eq!(edit(&coupon(json!({})), json!({"code_type": "unique"})), Err("/code_type".into()));
    }
}
