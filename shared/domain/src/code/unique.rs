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
    /// What it is good for.
    pub fn status(&self) -> CodeStatus {
        if self.redeemed_at.is_some() { CodeStatus::Redeemed } else { CodeStatus::Available }
    }
}
