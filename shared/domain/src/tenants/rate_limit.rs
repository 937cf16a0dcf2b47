//! Rate limits of calls. Each caller has a token bucket: a call takes units out of the bucket, and the bucket is
//! refilled at a constant rate. A call that uses an unknown code costs more units than other calls. The limit therefore
//! slows down callers who guess codes, but not shops that apply a code again whenever the cart changes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::kernel::input::{Errors, Field};

/// Units of a call.
pub const CALL_UNITS: u32 = 1;

/// Units of an attempt to use something that the caller cannot see, such as an unknown code. In addition to
/// [`CALL_UNITS`].
pub const MISS_UNITS: u32 = 10;

/// Token bucket: at most `capacity` units at once, and `per_minute` units per minute in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RateLimit {
    pub capacity: u32,
    pub per_minute: u32,
}

/// Outcome of taking units out of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The units are taken. The bucket is full again at `full_at`, if nothing else is taken.
    Taken { full_at: DateTime<Utc> },
    /// The bucket has too few units. It has enough at `retry_at`.
    Limited { retry_at: DateTime<Utc> },
}

impl RateLimit {
    /// Takes units out of a bucket that is full at `full_at`, or that is full now if `full_at` is `None`. A charge of
    /// more units than the capacity takes the capacity.
    ///
    /// This is the generic cell rate algorithm: the instant at which the bucket is full again is its whole state.
    pub fn charge(self, full_at: Option<DateTime<Utc>>, units: u32, now: DateTime<Utc>) -> Charge {
        let full_at = full_at.map_or(now, |full_at| full_at.max(now)) + self.refill_time(units);
        let earliest = full_at - self.refill_time(self.capacity);
        if earliest <= now { Charge::Taken { full_at } } else { Charge::Limited { retry_at: earliest } }
    }

    /// Returns how long the refill of these units takes, but at most the refill of the whole bucket.
    pub fn refill_time(self, units: u32) -> TimeDelta {
        let minutes = i64::from(units.min(self.capacity)) * 60_000_000;
        TimeDelta::microseconds(minutes / i64::from(self.per_minute.max(1)))
    }

    /// Returns the number of units at which an instance charges its count to the bucket that all instances share. The
    /// number is at most the units of one miss if the bucket is small, so that each miss is charged at once.
    pub fn uncharged_units(self) -> u32 {
        (self.capacity / 100).max(MISS_UNITS)
    }

    /// Reads a limit from a setting.
    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["capacity", "per_minute"], errors)?;
        let mut units =
            |name| field.get(name).integer(1..=10_000_000, errors).and_then(|units| u32::try_from(units).ok());
        let (capacity, per_minute) = (units("capacity"), units("per_minute"));
        Some(Self { capacity: capacity?, per_minute: per_minute? })
    }
}

macro_rules! rate_limits {
    ($($(#[$doc:meta])* $name:ident $member:ident $capacity:literal $per_minute:literal;)*) => {
        /// What a rate limit counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RateLimitKind {
            $($(#[$doc])* $name,)*
        }

        impl RateLimitKind {
            /// Returns the stable name, such as `storefront_address`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($member),)* }
            }

            /// Returns the limit of tenants that have no other setting.
            pub fn default_limit(self) -> RateLimit {
                match self { $(Self::$name => RateLimit { capacity: $capacity, per_minute: $per_minute },)* }
            }
        }

        /// Limits that differ from [`RateLimitKind::default_limit`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
        pub struct RateLimits {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $member: Option<RateLimit>,)*
        }

        impl RateLimits {
            /// Returns the limit of a kind.
            pub fn of(&self, kind: RateLimitKind) -> RateLimit {
                let own = match kind { $(RateLimitKind::$name => self.$member,)* };
                own.unwrap_or_else(|| kind.default_limit())
            }

            /// Reads the setting `rate_limits`. A missing member has its default.
            pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
                field.object(&[$(stringify!($member)),*], errors)?;
                $(let $member = field.get(stringify!($member)).optional(errors, RateLimit::read);)*
                Some(Self { $($member: $member?,)* })
            }
        }
    };
}

rate_limits! {
    /// Calls with one storefront key.
    StorefrontKey storefront_key 60_000 60_000;
    /// Calls with storefront keys from one network of clients.
    StorefrontAddress storefront_address 300 300;
    /// Calls with storefront keys that name one customer.
    StorefrontCustomer storefront_customer 200 60;
    /// Calls with one server key or admin key.
    ServerKey server_key 120_000 120_000;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::kernel::input;

    const LIMIT: RateLimit = RateLimit { capacity: 30, per_minute: 60 };

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms)
    }

    #[test]
    fn full_bucket_permits_its_capacity_at_once_and_then_its_rate() {
        let mut full_at = None;
        for _ in 0..3 {
            let Charge::Taken { full_at: next } = LIMIT.charge(full_at, 10, at(0)) else { panic!("{full_at:?}") };
            full_at = Some(next);
        }
        assert_eq!(full_at, Some(at(30_000)));
        assert_eq!(LIMIT.charge(full_at, 10, at(0)), Charge::Limited { retry_at: at(10_000) });
        assert_eq!(LIMIT.charge(full_at, 10, at(9_999)), Charge::Limited { retry_at: at(10_000) });
        assert_eq!(LIMIT.charge(full_at, 10, at(10_000)), Charge::Taken { full_at: at(40_000) });
        assert_eq!(LIMIT.charge(full_at, 1, at(90_000)), Charge::Taken { full_at: at(91_000) });
    }

    #[test]
    fn charge_beyond_the_capacity_takes_the_whole_bucket() {
        assert_eq!(LIMIT.charge(None, 1_000, at(0)), Charge::Taken { full_at: at(30_000) });
    }

    #[test]
    fn setting_overrides_the_limits_that_it_names() {
        let setting = json!({"storefront_address": {"capacity": 50, "per_minute": 5}});
        let limits = input::read(&setting, RateLimits::read).unwrap();
        assert_eq!(limits.of(RateLimitKind::StorefrontAddress), RateLimit { capacity: 50, per_minute: 5 });
        assert_eq!(limits.of(RateLimitKind::ServerKey), RateLimitKind::ServerKey.default_limit());
        assert_eq!(json!(limits), setting);
        let faulty = json!({"server_key": {"capacity": 0}, "other": 1});
        let faults = input::read(&faulty, RateLimits::read).unwrap_err();
        let pointers: Vec<_> = faults.into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/other", "/server_key/capacity", "/server_key/per_minute"]);
    }

    proptest! {
        #[test]
        fn never_more_is_taken_than_capacity_and_refill(
            capacity in 1u32..100, per_minute in 1u32..1000, calls in prop::collection::vec((0i64..5_000, 1u32..20), 1..100),
        ) {
            let limit = RateLimit { capacity, per_minute };
            let (mut now, mut full_at, mut taken, mut refused) = (0, None, 0, 0);
            for (pause, units) in &calls {
                now += pause;
                match limit.charge(full_at, *units, at(now)) {
                    Charge::Taken { full_at: next } => {
                        full_at = Some(next);
                        taken += i64::from((*units).min(capacity));
                    }
                    Charge::Limited { retry_at } => {
                        prop_assert!(retry_at > at(now) && retry_at <= at(now) + limit.refill_time(capacity));
                        let later = limit.charge(full_at, *units, retry_at);
                        prop_assert!(matches!(later, Charge::Taken { .. }), "the promised instant is not too early");
                        refused += 1;
                    }
                }
            }
            // Refill times are rounded down to microseconds, so that each call can gain one unit in 60,000,000.
            prop_assert!(taken <= i64::from(capacity) + now * i64::from(per_minute) / 60_000 + 1);
            prop_assert!(refused > 0 || taken >= calls.len() as i64);
        }
    }
}
