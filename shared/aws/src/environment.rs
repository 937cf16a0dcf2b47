//! The clock and the dice.

use chrono::{DateTime, SubsecRound as _, Utc};
use couponflow_app::ports::Environment;
use couponflow_domain::digest::Bits80;

/// The system's clock, to the millisecond, and its random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(3)
    }

    fn bits(&self) -> Bits80 {
        rand::random()
    }
}
