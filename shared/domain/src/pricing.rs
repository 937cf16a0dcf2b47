//! What a discount takes off each line of an order.

use serde::{Deserialize, Serialize};

use crate::coupon::{AppliesTo, Discount};
use crate::money::{Currency, Money};
use crate::order::{Line, Order};

/// The part of a discount that falls on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LineDiscount {
    /// The line's place in the order, from 0.
    pub index: usize,
    /// Minor units off.
    pub amount: i64,
}

/// A discount on one order: the whole, and its parts, which sum to it exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PricedDiscount {
    /// Minor units off the order.
    pub amount: i64,
    /// The order's currency.
    pub currency: Currency,
    /// The parts, by line; lines it does not apply to are left out.
    pub lines: Vec<LineDiscount>,
}

impl PricedDiscount {
    /// The whole as money.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

/// Prices a discount on the eligible lines, never above what they cost: the discount is rounded once, on their sum,
/// and then spread in proportion to their value.
///
/// A fixed amount must be in the order's currency. `None` where no line is eligible.
pub fn price(discount: Discount, applies_to: &AppliesTo, order: &Order) -> Option<PricedDiscount> {
    let eligible: Vec<(usize, i64)> = order
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| applies_to.includes(line))
        .map(|(index, line)| (index, Line::value(line)))
        .collect();
    if eligible.is_empty() {
        return None;
    }
    let subtotal: i64 = eligible.iter().map(|(_, value)| value).sum();
    let amount = match discount {
        Discount::Percentage { percent_off } => percent_off.of(subtotal),
        Discount::FixedAmount { amount_off, .. } => amount_off.min(subtotal),
    };
    Some(PricedDiscount { amount, currency: order.currency, lines: allocate(amount, subtotal, &eligible) })
}

/// Spreads `amount` over lines in proportion to their values by the largest-remainder method (Hamilton's), so that the
/// parts sum to it; of equal remainders the earlier line takes the unit. No part exceeds its line while
/// `amount <= subtotal`.
fn allocate(amount: i64, subtotal: i64, lines: &[(usize, i64)]) -> Vec<LineDiscount> {
    let share = |value: i64| i128::from(amount) * i128::from(value);
    let divisor = i128::from(subtotal.max(1));
    let mut parts: Vec<LineDiscount> =
        lines.iter().map(|&(index, value)| LineDiscount { index, amount: (share(value) / divisor) as i64 }).collect();
    let left = amount - parts.iter().map(|part| part.amount).sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..lines.len()).collect();
    by_remainder.sort_by_key(|&i| std::cmp::Reverse(share(lines[i].1) % divisor));
    for &i in by_remainder.iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[i].amount += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::ProductType;
    use crate::percentage::Percentage;
    use proptest::prelude::*;

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    fn order(values: &[i64]) -> Order {
        let line = |(i, &unit_amount): (usize, &i64)| Line {
            product_id: format!("p{i}"),
            collection_ids: vec![],
            product_type: ProductType::OneTime,
            quantity: 1,
            unit_amount,
        };
        Order { id: "o".into(), currency: usd(), lines: values.iter().enumerate().map(line).collect() }
    }

    fn parts(discount: Discount, values: &[i64]) -> Vec<i64> {
        let priced = price(discount, &AppliesTo::default(), &order(values)).unwrap();
        priced.lines.iter().map(|part| part.amount).collect()
    }

    fn fixed(amount_off: i64) -> Discount {
        Discount::FixedAmount { amount_off, currency: usd() }
    }

    fn percent(basis_points: u32) -> Discount {
        Discount::Percentage { percent_off: Percentage::from_basis_points(basis_points).unwrap() }
    }

    #[test]
    fn a_fixed_amount_is_spread_in_proportion() {
        assert_eq!(parts(fixed(3000), &[10_000, 5000]), [2000, 1000]);
    }

    #[test]
    fn twenty_percent_of_49_00_is_9_80() {
        assert_eq!(parts(percent(2000), &[4900]), [980]);
    }

    #[test]
    fn a_cent_that_does_not_divide_goes_to_the_largest_remainder() {
        assert_eq!(parts(fixed(100), &[100, 100, 100]), [34, 33, 33]);
        assert_eq!(parts(fixed(1), &[1, 2]), [0, 1]);
    }

    #[test]
    fn a_fixed_amount_never_takes_more_than_the_lines_cost() {
        assert_eq!(parts(fixed(9999), &[300, 200]), [300, 200]);
        assert_eq!(parts(fixed(500), &[0]), [0]);
    }

    #[test]
    fn lines_it_does_not_apply_to_keep_their_price() {
        let only = AppliesTo { products: vec!["p1".into()], ..AppliesTo::default() };
        let priced = price(percent(5000), &only, &order(&[100, 80])).unwrap();
        assert_eq!(priced.lines, [LineDiscount { index: 1, amount: 40 }]);
        let none = AppliesTo { products: vec!["p9".into()], ..AppliesTo::default() };
        assert_eq!(price(percent(5000), &none, &order(&[100])), None);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_none_exceeds_its_line(
            values in prop::collection::vec(0i64..2_000_000_000, 1..40),
            basis_points in 1u32..=10_000,
            amount_off in 1i64..4_000_000_000,
        ) {
            let order = order(&values);
            for discount in [percent(basis_points), fixed(amount_off)] {
                let priced = price(discount, &AppliesTo::default(), &order).unwrap();
                prop_assert!(priced.amount <= order.value().amount);
                prop_assert_eq!(priced.lines.iter().map(|part| part.amount).sum::<i64>(), priced.amount);
                for part in &priced.lines {
                    prop_assert!((0..=values[part.index]).contains(&part.amount));
                }
            }
        }
    }
}
