//! Amounts of money in one or several currencies.

use serde::Serialize;

use super::discount::AMOUNT_LIST;
use crate::kernel::input::{Errors, Field};
use crate::kernel::money::{Currency, Money, read_money};

/// One amount, or a list of amounts in different currencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Amounts {
    /// A single amount.
    One(Money),
    /// One amount for each currency.
    Several(Vec<Money>),
}

impl Amounts {
    /// Returns the minor units in `currency`, or `None` if no amount is in that currency.
    pub fn in_currency(&self, currency: Currency) -> Option<i64> {
        self.all().iter().find(|money| money.currency == currency).map(|money| money.amount)
    }

    /// Returns all amounts.
    pub fn all(&self) -> &[Money] {
        match self {
            Self::One(money) => std::slice::from_ref(money),
            Self::Several(amounts) => amounts,
        }
    }

    /// Reads one amount or a list of amounts, at most one per currency.
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if !field.value().is_some_and(serde_json::Value::is_array) {
            return read_money(field, errors).map(Self::One);
        }
        let amounts: Vec<Money> = field.list(AMOUNT_LIST, errors, read_money)?;
        for (i, money) in amounts.iter().enumerate() {
            if amounts[..i].iter().any(|earlier| earlier.currency == money.currency) {
                return field.reject(format_args!("must have only one amount in {}", money.currency), errors);
            }
        }
        Some(Self::Several(amounts))
    }

    /// Rejects the amounts if their currencies differ from `currencies`. The coupon accepts orders
    /// in `currencies` only.
    pub(super) fn check(&self, currencies: &[Currency], field: &Field<'_>, errors: &mut Errors) {
        if let Some(money) = self.all().iter().find(|money| !currencies.contains(&money.currency)) {
            let detail = format_args!(
                "must not have an amount in {}: the coupon accepts no orders in that currency",
                money.currency
            );
            field.reject::<()>(detail, errors);
        } else if let Some(missing) = currencies.iter().find(|currency| self.in_currency(**currency).is_none()) {
            field.reject::<()>(
                format_args!("must have an amount in {missing}: the coupon accepts orders in that currency"),
                errors,
            );
        }
    }
}
