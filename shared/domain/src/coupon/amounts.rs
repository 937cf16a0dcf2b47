//! An amount in each currency that it matters in.

use serde::{Deserialize, Serialize};

use super::discount::MAX_CURRENCIES;
use crate::input::{Errors, Field};
use crate::money::{Currency, Money, read_money};

/// One amount, or a list of amounts in different currencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Amounts {
    /// One.
    One(Money),
    /// One for each currency.
    Several(Vec<Money>),
}

impl Amounts {
    /// Minor units in the currency; none where there is no amount in it.
    pub fn in_currency(&self, currency: Currency) -> Option<i64> {
        self.all().iter().find(|money| money.currency == currency).map(|money| money.amount)
    }

    /// Each of them.
    pub fn all(&self) -> &[Money] {
        match self {
            Self::One(money) => std::slice::from_ref(money),
            Self::Several(amounts) => amounts,
        }
    }

    /// Reads an amount or a list of them.
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if !field.value().is_some_and(serde_json::Value::is_array) {
            return read_money(field, errors).map(Self::One);
        }
        let amounts: Vec<Money> = field.list(1..=MAX_CURRENCIES, errors, read_money)?;
        for (i, money) in amounts.iter().enumerate() {
            if amounts[..i].iter().any(|earlier| earlier.currency == money.currency) {
                return field.refuse(format_args!("must have one amount in {}, not two", money.currency), errors);
            }
        }
        Some(Self::Several(amounts))
    }

    /// Refuses amounts that leave out a currency of the discount, or are in one that no order can be in.
    pub(super) fn check(&self, currencies: &[Currency], field: &Field<'_>, errors: &mut Errors) {
        if let Some(money) = self.all().iter().find(|money| !currencies.contains(&money.currency)) {
            let detail = format_args!("is in {}, in which the discount has no amount: no order can be", money.currency);
            field.refuse::<()>(detail, errors);
        } else if let Some(missing) = currencies.iter().find(|currency| self.in_currency(**currency).is_none()) {
            field.refuse::<()>(format_args!("must have an amount in {missing} too, as the discount has"), errors);
        }
    }
}
