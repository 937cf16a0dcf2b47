//! Stored form of an amount of money.

use couponflow_domain::kernel::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// Stored form of [`Money`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StoredMoney {
    /// Amount in minor units of `currency`.
    amount: i64,
    currency: Currency,
}

impl From<Money> for StoredMoney {
    fn from(money: Money) -> Self {
        let Money { amount, currency } = money;
        Self { amount, currency }
    }
}

impl From<StoredMoney> for Money {
    fn from(stored: StoredMoney) -> Self {
        let StoredMoney { amount, currency } = stored;
        Self { amount, currency }
    }
}
