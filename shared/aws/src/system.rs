//! The system clock and random number generator.

use chrono::{DateTime, SubsecRound as _, Utc};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_domain::kernel::digest::Bits80;

/// Implements [`Clock`] and [`Rng`] with the system's clock, truncated to milliseconds, and the thread's random number
/// generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(3)
    }
}

impl Rng for System {
    fn bits(&self) -> Bits80 {
        rand::random()
    }
}
