//! Clock of one invocation of the function.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_aws::system::System;
use couponflow_domain::kernel::digest::Bits80;

/// System clock that knows when the invocation ends.
pub(crate) struct Invocation {
    pub(crate) deadline: DateTime<Utc>,
}

impl Clock for Invocation {
    fn now(&self) -> DateTime<Utc> {
        System.now()
    }

    fn deadline(&self) -> Option<DateTime<Utc>> {
        Some(self.deadline)
    }
}

impl Rng for Invocation {
    fn bits(&self) -> Bits80 {
        System.bits()
    }
}
