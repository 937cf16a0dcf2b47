//! The part of the model for requests of the shop: applications, redemptions and rollbacks.

use couponflow_domain::coupons::coupon::{RollbackReason, State};
use couponflow_domain::purchases::rejection::Rejection;

use super::{Application, DISCOUNT, Model, PRICE, Redemption, RolledBack};
use crate::command::{Answer, Cart};

impl Model {
    /// Returns the reason to reject the order, apart from the customer limit. A redemption that the
    /// order itself holds counts as available.
    fn rejection(&self, order: u8, customer: u8) -> Option<Rejection> {
        let own = i64::from(self.holds(order));
        match self.state {
            State::Deleted => Some(Rejection::CouponNotFound),
            State::Expired => Some(Rejection::CouponExpired),
            _ if self.is_past_expiry() => Some(Rejection::CouponExpired),
            _ if self.left().is_some_and(|left| left + own <= 0) => Some(Rejection::LimitReached),
            State::Paused => Some(Rejection::CouponPaused),
            State::Active if self.customer_limit.is_some() && customer == 0 => Some(Rejection::CustomerRequired),
            State::Active => None,
        }
    }

    /// Returns the rejection if the customer has reached the customer limit.
    fn customer_rejection(&self, customer: u8) -> Option<Rejection> {
        let used = self.redemptions.iter().filter(|r| r.customer == customer && r.counts_for_customer && r.is_used());
        let full = self.customer_limit.is_some_and(|limit| used.count() as i64 >= limit);
        full.then_some(Rejection::CustomerLimitReached)
    }

    fn left(&self) -> Option<i64> {
        self.limit.map(|limit| limit - self.redeemed() - self.held())
    }

    /// Whether the order has a hold that has not ended.
    fn holds(&self, order: u8) -> bool {
        let held_until = self.applications.get(&order).and_then(|application| application.held_until);
        held_until.is_some_and(|until| self.now < until)
    }

    pub(super) fn apply(&mut self, cart: Cart, hold_seconds: Option<i64>) -> Answer {
        let Cart { order, customer, quantity } = cart;
        if let Some(reason) = self.rejection(order, customer).or_else(|| self.customer_rejection(customer)) {
            return self.reject(order, reason);
        }
        let now = self.now;
        let before = self.applications.remove(&order);
        let same_price = before.as_ref().filter(|before| before.quantity == quantity);
        let due = self.setup.abandonment_window.map(|seconds| now + seconds * 1000);
        let held_before = before.as_ref().and_then(|before| before.held_until);
        let application = Application {
            customer,
            quantity,
            priced_at: same_price.map_or(now, |before| before.priced_at),
            held_until: hold_seconds.map(|seconds| now + seconds * 1000).or(held_before),
            active_at: now,
            abandonment_due: due,
            abandoned: before.as_ref().is_some_and(|before| before.abandoned),
        };
        let answer = Answer::Applied {
            discount: quantity * DISCOUNT,
            priced_at: application.priced_at,
            held_until: application.held_until,
        };
        if same_price.is_none() {
            self.publish("CouponApplied", format!("{order} at -{}", quantity * DISCOUNT), now);
            self.statistics_of(now).applied += 1;
        }
        self.applications.insert(order, application);
        self.ever_applied.insert(order);
        answer
    }

    pub(super) fn redeem_application(&mut self, order: u8, quantity: i64) -> Answer {
        match self.applications.get(&order).map(|application| application.customer) {
            Some(customer) => self.redeem(Cart { order, customer, quantity }, true),
            None => Answer::Invalid("/application_id"),
        }
    }

    /// Redeems. A redemption by application uses the order's hold. A redemption by code uses the
    /// hold only if no other redemption is left.
    pub(super) fn redeem(&mut self, cart: Cart, by_application: bool) -> Answer {
        let Cart { order, customer, quantity } = cart;
        if let Some(standing) = self.standing(order) {
            return Answer::Redeemed { discount: standing.quantity * DISCOUNT, at: standing.at };
        }
        if let Some(reason) = self.rejection(order, customer).or_else(|| self.customer_rejection(customer)) {
            return self.reject(order, reason);
        }
        let uses_hold = self.holds(order) && (by_application || self.left().is_some_and(|left| left <= 0));
        let before = (self.limit, self.redeemed());
        if let Some(application) = self.applications.get_mut(&order).filter(|_| uses_hold) {
            application.held_until = None;
        }
        let counts_for_customer = self.customer_limit.is_some() && customer != 0;
        let at = self.now;
        self.redemptions.push(Redemption { order, customer, quantity, at, counts_for_customer, rolled_back: None });
        self.publish_counted("CouponRedeemed", self.redemptions.len() - 1);
        self.publish_reached(before);
        let statistics = self.statistics_of(at);
        statistics.redeemed += 1;
        self.count_money(quantity);
        Answer::Redeemed { discount: quantity * DISCOUNT, at }
    }

    pub(super) fn roll_back(&mut self, order: u8, before: usize, reason: RollbackReason) -> Answer {
        let of_order = self.redemptions.iter().enumerate().filter(|(_, redemption)| redemption.order == order);
        let places: Vec<usize> = of_order.map(|(place, _)| place).collect();
        let place = places[places.len() - 1 - before.min(places.len() - 1)];
        let redeemed_at = self.redemptions[place].at;
        if let Some(RolledBack { at, released }) = self.redemptions[place].rolled_back {
            return Answer::RolledBack { redeemed_at, at, released };
        }
        let over = matches!(self.state, State::Expired | State::Deleted) || self.is_past_expiry();
        let released = self.setup.release_on.contains(&reason) && !over;
        if released && self.limit.is_some_and(|limit| self.redeemed() >= limit) {
            self.limit_epoch += 1;
        }
        let at = self.now;
        self.redemptions[place].rolled_back = Some(RolledBack { at, released });
        self.publish_counted("CouponRedemptionRolledBack", place);
        self.statistics_of(at).rolled_back += 1;
        self.count_money(-self.redemptions[place].quantity);
        Answer::RolledBack { redeemed_at, at, released }
    }

    /// Adds an event about the redemption at index `place`, with its number and the coupon's
    /// current number of redemptions.
    fn publish_counted(&mut self, kind: &'static str, place: usize) {
        let what = format!("{} #{} of {}", self.redemptions[place].order, place + 1, self.redeemed());
        self.publish(kind, what, self.now);
    }

    fn count_money(&mut self, quantity: i64) {
        let statistics = self.statistics_of(self.now);
        statistics.add("discount#USD", quantity * DISCOUNT);
        statistics.add("revenue#USD", quantity * (PRICE - DISCOUNT));
    }
}
