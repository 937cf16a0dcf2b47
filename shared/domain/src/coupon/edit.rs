//! Editing a coupon: what new terms mean for its limit, its expiry and its state.

use chrono::{DateTime, Utc};

use super::{Coupon, State, Terms};
use crate::input::{Errors, FieldError};

/// What an edit does to the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitChange {
    /// Nothing.
    None,
    /// So many more are permitted.
    Raised(i64),
    /// So many fewer are; never fewer than are redeemed and held.
    Lowered(i64),
    /// Any number is.
    Removed,
    /// There was none, and these remain of it.
    Introduced {
        /// The limit less what is redeemed and held.
        remaining: i64,
    },
}

/// An edit that the coupon as it was read permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The terms from now on.
    pub terms: Terms,
    /// What becomes of the limit.
    pub limit: LimitChange,
    /// Whether a limit epoch begins: the limit and its thresholds can be reached once more.
    pub begins_epoch: bool,
    /// Whether an expired coupon is active again, and can expire once more.
    pub revives: bool,
    /// Whether notices of the expiry are due at other instants than before.
    pub reschedules: bool,
}

impl Coupon {
    /// What new terms do to the coupon at `now`. A coupon that is past its expiry must have been expired before: it is
    /// owed that event.
    ///
    /// # Errors
    /// Everything that can't be changed, or not so.
    pub fn edit(&self, terms: Terms, now: DateTime<Utc>) -> Result<Edit, Errors> {
        let mut errors = Errors::new();
        let mut refuse = |pointer: &str, detail: String| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        if terms.code != self.terms.code {
            refuse("/code", "can't be changed: customers have it; create another coupon".to_owned());
        }
        if terms.code_type != self.terms.code_type {
            refuse("/code_type", "can't be changed; create another coupon".to_owned());
        }
        let uncounted = "can't be introduced: codes are redeemed without counting; create another coupon";
        if self.counts_by_code() && terms.max_redemptions.is_some() {
            refuse("/max_redemptions", uncounted.to_owned());
        }
        if self.counts_by_code() && terms.max_redemptions_per_customer.is_some() {
            refuse("/max_redemptions_per_customer", uncounted.to_owned());
        }
        let used = self.times_redeemed + self.held;
        if !self.counts_by_code() && terms.max_redemptions.is_some_and(|limit| limit < used) {
            let (redeemed, held) = (self.times_redeemed, self.held);
            refuse("/max_redemptions", format!("must be at least {used}: {redeemed} are redeemed and {held} held"));
        }
        let expiry_moved = terms.expires_at != self.terms.expires_at;
        if expiry_moved && terms.expires_at.is_some_and(|expires_at| expires_at <= now) {
            refuse("/expires_at", "must lie ahead; to end the coupon now, pause or delete it".to_owned());
        }
        if terms.backup_coupon_id.as_ref() == Some(&self.id) {
            refuse("/backup_coupon_id", "must be another coupon".to_owned());
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
    use crate::ids::CouponId;
    use crate::input;
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
    fn a_limit_is_never_lowered_below_what_is_redeemed_and_held() {
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
    fn a_limit_that_is_introduced_counts_what_was_redeemed_before() {
        let mut unlimited = coupon(json!({}));
        unlimited.times_redeemed = 7;
        assert_eq!(
            edit(&unlimited, json!({"max_redemptions": 10})).unwrap().limit,
            LimitChange::Introduced { remaining: 3 }
        );
        assert_eq!(edit(&unlimited, json!({"max_redemptions": 6})), Err("/max_redemptions".into()));
    }

    #[test]
    fn an_expired_coupon_comes_back_with_a_new_expiry_only() {
        let mut expired = coupon(json!({"expires_at": "2026-07-31T00:00:00Z"}));
        expired.state = State::Expired;
        let same = json!({"expires_at": "2026-07-31T00:00:00Z", "name": "Renamed"});
        assert!(!edit(&expired, same).unwrap().revives);
        assert!(edit(&expired, json!({"expires_at": "2026-08-31T00:00:00Z"})).unwrap().revives);
        assert!(edit(&expired, json!({})).unwrap().revives, "without an expiry");
        assert_eq!(edit(&expired, json!({"expires_at": "2026-07-31T11:00:00Z"})), Err("/expires_at".into()));
    }

    #[test]
    fn a_coupon_that_counts_by_code_gets_no_limit() {
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
    fn everything_that_can_not_be_so_is_named() {
        let mut used = coupon(json!({"max_redemptions": 100}));
        used.times_redeemed = 3;
        let all = json!({"code": "OTHER", "max_redemptions": 1, "expires_at": "2001-01-01T00:00:00Z",
            "backup_coupon_id": used.id});
        let errors = used.edit(terms(all), NOON.parse().unwrap()).unwrap_err();
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/code", "/max_redemptions", "/expires_at", "/backup_coupon_id"]);
    }

    #[test]
    fn the_code_stays() {
        assert_eq!(edit(&coupon(json!({})), json!({"code": "OTHER"})), Err("/code".into()));
        assert_eq!(edit(&coupon(json!({})), json!({"code_type": "unique"})), Err("/code_type".into()));
    }
}
