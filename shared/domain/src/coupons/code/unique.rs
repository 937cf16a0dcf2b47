//! Unique codes. A unique code is valid for one redemption of its coupon. A rollback can make the
//! code available again.
//!
//! A hold reserves a code for one application for a limited time. An application records that a
//! code was applied to an order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::CouponCode;
use crate::kernel::ids::{CouponId, RedemptionId};

/// A unique code and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueCode {
    pub code: CouponCode,
    pub coupon_id: CouponId,
    pub created_at: DateTime<Utc>,
    pub redeemed_at: Option<DateTime<Utc>>,
    pub redemption_id: Option<RedemptionId>,
    /// Storage key of the application that has a hold on the code, and the expiry of the hold.
    pub held: Option<(String, DateTime<Utc>)>,
}

/// Status of a unique code.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CodeStatus {
    /// The code is not redeemed, or a rollback has made the code available again. A hold does not
    /// change the status.
    Available,
    /// The code is redeemed.
    Redeemed,
}

impl UniqueCode {
    /// Whether the application with this storage key can use the code at `now`. The code must not
    /// be redeemed, and must not be held for another application.
    pub fn is_available(&self, application_key: &str, now: DateTime<Utc>) -> bool {
        let held_for_another = self.held.as_ref().is_some_and(|(key, until)| now < *until && key != application_key);
        self.redemption_id.is_none() && !held_for_another
    }

    /// Whether the code becomes available again when its hold expires. False if the code is
    /// redeemed, or has no hold at `now`.
    pub fn may_free_up(&self, now: DateTime<Utc>) -> bool {
        self.redemption_id.is_none() && self.held.as_ref().is_some_and(|(_, until)| now < *until)
    }

    /// Returns the status of the code.
    pub fn status(&self) -> CodeStatus {
        if self.redeemed_at.is_some() { CodeStatus::Redeemed } else { CodeStatus::Available }
    }
}
