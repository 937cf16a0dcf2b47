//! Stored form of the duration of a discount.

use couponflow_domain::coupons::coupon::Duration;
use serde::{Deserialize, Serialize};

/// Stored form of [`Duration`]. The attributes are part of the map that contains the duration.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "duration", rename_all = "snake_case")]
pub(crate) enum StoredDuration {
    Once,
    Repeating { duration_in_months: u32 },
    Forever,
}

impl From<Duration> for StoredDuration {
    fn from(duration: Duration) -> Self {
        match duration {
            Duration::Once => Self::Once,
            Duration::Repeating { duration_in_months } => Self::Repeating { duration_in_months },
            Duration::Forever => Self::Forever,
        }
    }
}

impl From<StoredDuration> for Duration {
    fn from(stored: StoredDuration) -> Self {
        match stored {
            StoredDuration::Once => Self::Once,
            StoredDuration::Repeating { duration_in_months } => Self::Repeating { duration_in_months },
            StoredDuration::Forever => Self::Forever,
        }
    }
}
