//! Stored form of the discount in the terms of a coupon.

use std::collections::BTreeMap;

use couponflow_domain::coupons::coupon::{AmountOff, Discount};
use couponflow_domain::kernel::money::Currency;
use couponflow_domain::kernel::percentage::Percentage;
use serde::{Deserialize, Serialize};

/// Stored form of [`Discount`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum StoredDiscount {
    Percentage {
        percent_off: Percentage,
    },
    FixedAmount {
        amount_off: i64,
        currency: Currency,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        currency_options: BTreeMap<Currency, StoredAmountOff>,
    },
}

/// Stored form of [`AmountOff`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StoredAmountOff {
    amount_off: i64,
}

impl From<Discount> for StoredDiscount {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percentage { percent_off } => Self::Percentage { percent_off },
            Discount::FixedAmount { amount_off, currency, currency_options } => {
                let options = currency_options.into_iter();
                let currency_options =
                    options.map(|(currency, AmountOff { amount_off })| (currency, StoredAmountOff { amount_off }));
                Self::FixedAmount { amount_off, currency, currency_options: currency_options.collect() }
            }
        }
    }
}

impl From<StoredDiscount> for Discount {
    fn from(stored: StoredDiscount) -> Self {
        match stored {
            StoredDiscount::Percentage { percent_off } => Self::Percentage { percent_off },
            StoredDiscount::FixedAmount { amount_off, currency, currency_options } => {
                let options = currency_options.into_iter();
                let currency_options =
                    options.map(|(currency, StoredAmountOff { amount_off })| (currency, AmountOff { amount_off }));
                Self::FixedAmount { amount_off, currency, currency_options: currency_options.collect() }
            }
        }
    }
}
