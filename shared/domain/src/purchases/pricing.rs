//! Pricing: computes the discount on each line of an order.

use serde::Serialize;

use crate::coupons::coupon::{AppliesTo, CouponValue};
use crate::kernel::money::{Currency, Money};
use crate::purchases::order::{Line, Order, ProductType};

/// Part of a discount for one line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LineDiscount {
    /// Position of the line in the order, from 0.
    pub index: usize,
    /// Discount in minor units.
    pub amount: i64,
}

/// Discount on one order. The sum of the parts is exactly the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PricedDiscount {
    /// Total discount on the order in minor units.
    pub amount: i64,
    /// Currency of the order.
    pub currency: Currency,
    /// Parts of the discount by line. Omits lines to which the discount does not apply.
    pub lines: Vec<LineDiscount>,
}

impl PricedDiscount {
    /// Returns the total discount as money.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

/// Values of the lines of an order that remain after the discounts of earlier codes. Each code is
/// priced on the remainder, so all codes together never exceed the value of the order. The first
/// payment and a later payment of a subscription have separate remainders, because a code may
/// discount only the first payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    first: Vec<i64>,
    later: Vec<i64>,
    deducted: i64,
}

impl Remainder {
    /// Returns the full values of the lines, before any code.
    pub fn of(order: &Order) -> Self {
        let lines: Vec<i64> = order.lines.iter().map(Line::value).collect();
        Self { later: lines.clone(), first: lines, deducted: 0 }
    }

    /// Deducts a discount from the first payment.
    pub fn deduct(&mut self, discount: &PricedDiscount) {
        deduct(&mut self.first, discount);
        self.deducted += discount.amount;
    }

    /// Deducts a discount from a later payment.
    pub fn deduct_later(&mut self, discount: &PricedDiscount) {
        deduct(&mut self.later, discount);
    }

    /// Returns the minor units deducted from the first payment so far.
    pub fn deducted(&self) -> i64 {
        self.deducted
    }

    fn lines(&self, payment: Payment) -> &[i64] {
        match payment {
            Payment::First => &self.first,
            Payment::Later => &self.later,
        }
    }
}

fn deduct(lines: &mut [i64], discount: &PricedDiscount) {
    for part in &discount.lines {
        if let Some(line) = lines.get_mut(part.index) {
            *line = (*line - part.amount).max(0);
        }
    }
}

/// A discount in the currency of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Percentage, or amount in the order's currency.
    pub value: CouponValue,
    /// Maximum discount in minor units.
    pub maximum: Option<i64>,
}

/// Payment to price. Determines which lines are priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// The payment of the order itself: all lines.
    First,
    /// A later payment of a subscription: the recurring lines.
    Later,
}

/// Prices a discount on the remainder of the eligible lines. The discount never exceeds this
/// remainder. The discount is rounded once, for the sum of the lines. Then it is allocated to the
/// lines in proportion to their values. Returns `None` if no line is eligible.
pub fn price(
    rate: Rate,
    applies_to: &AppliesTo,
    order: &Order,
    left: &Remainder,
    payment: Payment,
) -> Option<PricedDiscount> {
    let eligible = order
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| applies_to.includes(line))
        .filter(|(_, line)| payment == Payment::First || line.product_type == ProductType::Recurring)
        .map(|(index, _)| index);
    let priced = price_lines(rate, eligible, order.currency, left, payment);
    Some(priced).filter(|priced| !priced.lines.is_empty())
}

/// Prices a discount on the remainder of the given lines. `lines` holds the positions of the lines
/// in the order.
pub fn price_lines(
    rate: Rate,
    lines: impl Iterator<Item = usize>,
    currency: Currency,
    left: &Remainder,
    payment: Payment,
) -> PricedDiscount {
    let left = left.lines(payment);
    let lines: Vec<(usize, i64)> = lines.filter_map(|index| Some((index, *left.get(index)?))).collect();
    let subtotal: i64 = lines.iter().map(|(_, value)| value).sum();
    let amount = match rate.value {
        CouponValue::Percent(percent_off) => percent_off.of(subtotal),
        CouponValue::Amount(amount_off) => amount_off.amount.min(subtotal),
    };
    let amount = rate.maximum.map_or(amount, |maximum| amount.min(maximum));
    PricedDiscount { amount, currency, lines: allocate(amount, subtotal, &lines) }
}

/// Allocates `amount` to lines in proportion to their values, by the largest-remainder method
/// (Hamilton's method). The sum of the parts is exactly `amount`. If two remainders are equal, the
/// earlier line comes first. No part exceeds the value of its line if `amount <= subtotal`.
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
    use crate::kernel::percentage::Percentage;
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

    fn priced(value: CouponValue, to: &AppliesTo, order: &Order, left: &Remainder) -> Option<PricedDiscount> {
        price(Rate { value, maximum: None }, to, order, left, Payment::First)
    }

    fn parts(value: CouponValue, values: &[i64]) -> Vec<i64> {
        let order = order(values);
        let priced = priced(value, &AppliesTo::default(), &order, &Remainder::of(&order)).unwrap();
        priced.lines.iter().map(|part| part.amount).collect()
    }

    fn fixed(amount_off: i64) -> CouponValue {
        CouponValue::Amount(Money::new(amount_off, usd()))
    }

    fn percent(basis_points: u32) -> CouponValue {
        CouponValue::Percent(Percentage::from_basis_points(basis_points).unwrap())
    }

    #[test]
    fn fixed_amount_is_allocated_in_proportion_to_line_values() {
        assert_eq!(parts(fixed(3000), &[10_000, 5000]), [2000, 1000]);
    }

    #[test]
    fn twenty_percent_of_49_00_is_9_80() {
        assert_eq!(parts(percent(2000), &[4900]), [980]);
    }

    #[test]
    fn indivisible_cent_goes_to_largest_remainder() {
        assert_eq!(parts(fixed(100), &[100, 100, 100]), [34, 33, 33]);
        assert_eq!(parts(fixed(1), &[1, 2]), [0, 1]);
    }

    #[test]
    fn fixed_amount_is_capped_at_value_of_lines() {
        assert_eq!(parts(fixed(9999), &[300, 200]), [300, 200]);
        assert_eq!(parts(fixed(500), &[0]), [0]);
    }

    #[test]
    fn ineligible_lines_are_not_discounted() {
        let only = AppliesTo { products: vec!["p1".into()], ..AppliesTo::default() };
        let two = order(&[100, 80]);
        let priced_two = |to: &AppliesTo| priced(percent(5000), to, &two, &Remainder::of(&two));
        assert_eq!(priced_two(&only).unwrap().lines, [LineDiscount { index: 1, amount: 40 }]);
        let none = AppliesTo { products: vec!["p9".into()], ..AppliesTo::default() };
        assert_eq!(priced_two(&none), None);
    }

    #[test]
    fn maximum_caps_percentage_discount() {
        let order = order(&[10_000, 5000]);
        let rate = Rate { value: percent(5000), maximum: Some(3000) };
        let priced = price(rate, &AppliesTo::default(), &order, &Remainder::of(&order), Payment::First).unwrap();
        assert_eq!((priced.amount, priced.lines[0].amount, priced.lines[1].amount), (3000, 2000, 1000));
    }

    #[test]
    fn later_payment_includes_only_recurring_lines() {
        let mut order = order(&[10_000, 5000]);
        order.lines[1].product_type = ProductType::Recurring;
        let later = |value| {
            let rate = Rate { value, maximum: None };
            price(rate, &AppliesTo::default(), &order, &Remainder::of(&order), Payment::Later).unwrap().lines
        };
        assert_eq!(later(percent(2000)), [LineDiscount { index: 1, amount: 1000 }]);
        assert_eq!(later(fixed(9000)), [LineDiscount { index: 1, amount: 5000 }]);
    }

    #[test]
    fn later_code_is_priced_on_remainder_of_earlier_codes() {
        let order = order(&[10_000]);
        let mut left = Remainder::of(&order);
        let mut amounts = Vec::new();
        for value in [percent(2000), percent(1000), fixed(9000), fixed(100)] {
            let discount = priced(value, &AppliesTo::default(), &order, &left).unwrap();
            left.deduct(&discount);
            amounts.push(discount.amount);
        }
        assert_eq!((amounts, left.deducted()), (vec![2000, 800, 7200, 0], 10_000));
    }

    proptest! {
        #[test]
        fn parts_sum_to_total_and_none_exceeds_its_line(
            values in prop::collection::vec(0i64..2_000_000_000, 1..40),
            basis_points in 1u32..=10_000,
            amount_off in 1i64..4_000_000_000,
        ) {
            let order = order(&values);
            let mut left = Remainder::of(&order);
            for value in [percent(basis_points), fixed(amount_off)] {
                let discount = priced(value, &AppliesTo::default(), &order, &left).unwrap();
                prop_assert_eq!(discount.lines.iter().map(|part| part.amount).sum::<i64>(), discount.amount);
                for part in &discount.lines {
                    prop_assert!((0..=left.first[part.index]).contains(&part.amount));
                }
                left.deduct(&discount);
            }
            prop_assert!(left.deducted() <= order.value().amount);
        }
    }
}
