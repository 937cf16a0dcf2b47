//! Codes that are good for one redemption each.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::CouponCode;
use crate::ids::{CouponId, RedemptionId};

/// A code that is good for one redemption of its coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueCode {
    /// The code.
    pub code: CouponCode,
    /// Whose it is.
    pub coupon_id: CouponId,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// When it was redeemed.
    pub redeemed_at: Option<DateTime<Utc>>,
    /// By what.
    pub redemption_id: Option<RedemptionId>,
    /// The application that holds it, by its storage key, and until when.
    pub held: Option<(String, DateTime<Utc>)>,
}

/// What a unique code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeStatus {
    /// One redemption.
    Available,
    /// Nothing any more.
    Redeemed,
}

impl CodeStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Available, Self::Redeemed];

    /// The name, as in `"status": "available"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Redeemed => "redeemed",
        }
    }
}

impl UniqueCode {
    /// Whether it can be used at `now` for the application with this storage key: it is neither redeemed nor held for
    /// another one.
    pub fn is_available(&self, application_key: &str, now: DateTime<Utc>) -> bool {
        let held_for_another = self.held.as_ref().is_some_and(|(key, until)| now < *until && key != application_key);
        self.redemption_id.is_none() && !held_for_another
    }

    /// Whether it may become free again by itself.
    pub fn may_free_up(&self, now: DateTime<Utc>) -> bool {
        self.redemption_id.is_none() && self.held.as_ref().is_some_and(|(_, until)| now < *until)
    }

    /// What it is good for.
    pub fn status(&self) -> CodeStatus {
        if self.redeemed_at.is_some() { CodeStatus::Redeemed } else { CodeStatus::Available }
    }
}
