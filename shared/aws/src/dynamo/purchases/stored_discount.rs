//! Stored form of the discount on one order.

use couponflow_domain::kernel::money::Currency;
use couponflow_domain::purchases::pricing::{LineDiscount, PricedDiscount};
use serde::{Deserialize, Serialize};

/// Stored form of [`PricedDiscount`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredPricedDiscount {
    amount: i64,
    currency: Currency,
    lines: Vec<StoredLineDiscount>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredLineDiscount {
    index: usize,
    amount: i64,
}

impl From<PricedDiscount> for StoredPricedDiscount {
    fn from(discount: PricedDiscount) -> Self {
        let PricedDiscount { amount, currency, lines } = discount;
        let lines = lines.into_iter().map(|LineDiscount { index, amount }| StoredLineDiscount { index, amount });
        Self { amount, currency, lines: lines.collect() }
    }
}

impl From<StoredPricedDiscount> for PricedDiscount {
    fn from(stored: StoredPricedDiscount) -> Self {
        let StoredPricedDiscount { amount, currency, lines } = stored;
        let lines = lines.into_iter().map(|StoredLineDiscount { index, amount }| LineDiscount { index, amount });
        Self { amount, currency, lines: lines.collect() }
    }
}
