//! Money in whole minor units of a currency.

mod schema;

pub use schema::request_schemas;

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::kernel::input::{Errors, Field};

/// Largest amount that the API accepts, and largest total of an order, in minor units. The quantity
/// of an order line is at most 10⁶, so the value of a line fits into `i64`.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// Permitted amounts in minor units.
pub(crate) const AMOUNTS: RangeInclusive<i64> = 0..=MAX_AMOUNT;

/// Currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency(iso_currency::Currency);

/// Error for a text that is not a currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 4217 currency code in capitals, such as \"USD\"")]
pub struct UnknownCurrency;

impl Currency {
    /// Parses a currency code in capitals.
    ///
    /// # Errors
    /// Returns an error if ISO 4217 does not list the code, or if the code has no minor unit (such
    /// as gold, `XAU`).
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        let currency = iso_currency::Currency::from_code(code).filter(|currency| currency.exponent().is_some());
        currency.map(Self).ok_or(UnknownCurrency)
    }

    /// Returns the three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the number of decimal places of the currency: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> usize {
        self.0.exponent().unwrap_or(0).into()
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;
    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// Amount of money in whole minor units (cents for USD).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Money {
    /// Amount in minor units of `currency`.
    pub amount: i64,
    /// Currency of the amount.
    pub currency: Currency,
}

impl Money {
    /// Creates an amount of minor units in `currency`.
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Formats the amount in major units with the decimal digits of the currency: `39.20`, `500`.
    pub fn decimal(&self) -> String {
        let exponent = self.currency.exponent();
        let unit = 10u64.pow(exponent as u32);
        let (whole, part) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        let sign = if self.amount < 0 { "-" } else { "" };
        if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0exponent$}") }
    }
}

/// Formats the amount for people: `39.20 USD`, `500 JPY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// Reads an amount with its currency.
pub(crate) fn read_money(field: &Field<'_>, errors: &mut Errors) -> Option<Money> {
    field.object(&["amount", "currency"], errors)?;
    let amount = field.get("amount").integer(AMOUNTS, errors);
    let currency = field.get("currency");
    let currency = match currency.is_absent() {
        true => currency.reject("is required: an ISO 4217 currency code, such as \"USD\"", errors),
        false => currency.parse(Currency::parse, errors),
    };
    Some(Money::new(amount?, currency?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_is_formatted_with_digits_of_its_currency() {
        let money = |amount, code| Money::new(amount, Currency::parse(code).unwrap()).to_string();
        assert_eq!(money(3920, "USD"), "39.20 USD");
        assert_eq!(money(500, "JPY"), "500 JPY");
        assert_eq!(money(1005, "KWD"), "1.005 KWD");
        assert_eq!(money(-5, "EUR"), "-0.05 EUR");
    }

    #[test]
    fn code_that_is_not_in_iso_4217_or_has_no_minor_unit_is_rejected() {
        for bad in ["usd", "US", "ZZZ", "XXX", "XAU", "DOLLAR", ""] {
            assert_eq!(Currency::parse(bad), Err(UnknownCurrency), "{bad}");
        }
    }
}
