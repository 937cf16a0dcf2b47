//! Combination of several codes on one order.

use chrono::{DateTime, Utc};

use super::{Purchase, Redemption};
use crate::coupons::coupon::Coupon;
use crate::kernel::ids::RedemptionId;
use crate::purchases::decision::Price;
use crate::purchases::order::Order;
use crate::purchases::pricing::Remainder;

/// Codes that are redeemed together on one order. Each code is priced on the remainder after
/// earlier codes.
#[derive(Debug, Clone)]
pub struct CodeCombination {
    left: Remainder,
    /// Redemptions that were added so far and also discount later payments of a subscription.
    lasting: Vec<RedemptionId>,
    new: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    redemption: Redemption,
    after: Vec<RedemptionId>,
    maximum: Option<i64>,
}

impl CodeCombination {
    /// Creates a combination without codes.
    pub fn on(order: &Order) -> Self {
        Self { left: Remainder::of(order), lasting: Vec::new(), new: Vec::new() }
    }

    /// Returns the remainder of the order after the codes that were added so far.
    pub fn left(&self) -> &Remainder {
        &self.left
    }

    /// Adds a code that was already redeemed for the order, with its recorded discount.
    pub fn add_redeemed(&mut self, done: &Redemption) {
        self.take(done);
    }

    /// Adds a code at `price`. The price must be computed on [`left`](Self::left).
    pub fn add(&mut self, coupon: &Coupon, purchase: Purchase, price: Price, now: DateTime<Utc>) {
        let (after, maximum) = (self.lasting.clone(), price.maximum);
        let redemption = Redemption::new(coupon, purchase, price, now);
        self.take(&redemption);
        self.new.push(Part { redemption, after, maximum });
    }

    /// Returns the new redemptions in the order in which they were added.
    pub fn redemptions(self) -> Vec<Redemption> {
        let taken = self.left.deducted();
        let among = |Part { redemption, after, maximum }| redemption.with_other_codes(taken, after, maximum);
        self.new.into_iter().map(among).collect()
    }

    fn take(&mut self, redemption: &Redemption) {
        self.left.deduct(&redemption.discount);
        if let Some(later) = redemption.later_discount() {
            self.left.deduct_later(later);
            self.lasting.push(redemption.id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupons::coupon::Terms;
    use crate::kernel::ids::CouponId;
    use crate::kernel::input;
    use crate::purchases::Checkout;
    use crate::purchases::decision::decide;
    use serde_json::json;

    fn redeem(together: &mut CodeCombination, checkout: &Checkout, code: &str, amount_off: i64) {
        let now = DateTime::UNIX_EPOCH;
        let discount = json!({"type": "fixed_amount", "amount_off": amount_off, "currency": "USD"});
        let terms = json!({"code": code, "name": code, "discount": discount});
        let id = CouponId::new(now, crate::kernel::digest::bits80(&[code]));
        let coupon = Coupon::new(id, input::read(&terms, Terms::read).unwrap(), now);
        let price = decide(&coupon, &checkout.order, together.left(), None, now).unwrap();
        together.add(&coupon, checkout.purchase(&coupon.terms.code), price, now);
    }

    #[test]
    fn every_redemption_states_total_paid_by_customer() {
        let lines = json!([{"product_id": "p", "quantity": 1, "unit_amount": 1000}]);
        let checkout = json!({"code": "ANY", "order": {"id": "o1", "currency": "USD", "lines": lines}});
        let checkout = input::read(&checkout, Checkout::read).unwrap();
        let mut earlier = CodeCombination::on(&checkout.order);
        redeem(&mut earlier, &checkout, "EARLIER", 50);
        let earlier = earlier.redemptions().remove(0);
        let mut together = CodeCombination::on(&checkout.order);
        together.add_redeemed(&earlier);
        for (code, amount_off) in [("ONEOFF", 100), ("TWOOFF", 200)] {
            redeem(&mut together, &checkout, code, amount_off);
        }
        let redemptions = together.redemptions();
        let totals = redemptions.iter().map(|r| (r.total_after_code().amount, r.total().amount));
        assert_eq!(totals.collect::<Vec<_>>(), [(850, 650), (650, 650)]);
        assert_eq!(
            (earlier.total_after_code().amount, earlier.total().amount),
            (950, 950),
            "total at the time of the redemption"
        );
    }
}
