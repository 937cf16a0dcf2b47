//! Stored form of the snapshot of a coupon, which items contain so that the relay can build an event from the stream
//! record alone.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::CouponType;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};
use serde::{Deserialize, Serialize};

use super::stored_value::StoredValue;

/// Stored form of [`CouponSnapshot`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredSnapshot {
    id: CouponId,
    code: CouponCode,
    name: String,
    r#type: CouponType,
    value: StoredValue,
    limit: Option<i64>,
    times_redeemed: i64,
    remaining: Option<i64>,
    expires_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caused_by: Option<ExecutionId>,
}

impl From<CouponSnapshot> for StoredSnapshot {
    fn from(snapshot: CouponSnapshot) -> Self {
        let CouponSnapshot { id, code, name, r#type, value, limit, times_redeemed, remaining, expires_at, caused_by } =
            snapshot;
        let value = value.into();
        Self { id, code, name, r#type, value, limit, times_redeemed, remaining, expires_at, caused_by }
    }
}

impl From<StoredSnapshot> for CouponSnapshot {
    fn from(stored: StoredSnapshot) -> Self {
        let StoredSnapshot { id, code, name, r#type, value, limit, times_redeemed, remaining, expires_at, caused_by } =
            stored;
        let value = value.into();
        Self { id, code, name, r#type, value, limit, times_redeemed, remaining, expires_at, caused_by }
    }
}
