//! The clock and the random number generator.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::digest::Bits80;

/// Reads the current time.
pub trait Clock {
    /// Returns the current time, to the millisecond.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the instant at which the invocation of the function ends. `None` if it has no time limit.
    fn deadline(&self) -> Option<DateTime<Utc>> {
        None
    }
}

/// Generates random numbers.
pub trait Rng {
    /// Returns 80 random bits.
    fn bits(&self) -> Bits80;
}
