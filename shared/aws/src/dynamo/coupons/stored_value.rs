//! Stored form of a coupon's value.

use couponflow_domain::coupons::coupon::CouponValue;
use couponflow_domain::kernel::percentage::Percentage;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::stored_money::StoredMoney;

/// Stored form of [`CouponValue`]: a number, or a map with amount and currency.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredValue {
    Percent(Percentage),
    Amount(StoredMoney),
}

impl From<CouponValue> for StoredValue {
    fn from(value: CouponValue) -> Self {
        match value {
            CouponValue::Percent(percentage) => Self::Percent(percentage),
            CouponValue::Amount(money) => Self::Amount(money.into()),
        }
    }
}

impl From<StoredValue> for CouponValue {
    fn from(stored: StoredValue) -> Self {
        match stored {
            StoredValue::Percent(percentage) => Self::Percent(percentage),
            StoredValue::Amount(money) => Self::Amount(money.into()),
        }
    }
}
