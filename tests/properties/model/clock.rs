//! The part of the model that depends on time: expiry, notices, holds and abandonment.

use couponflow_domain::coupons::coupon::State;

use super::Model;
use crate::command::{Answer, LEAD_SECONDS};

impl Model {
    /// Expires the coupon if its expiry is due.
    pub(super) fn expire(&mut self) {
        if let Some(expires_at) = self.expires_at.filter(|_| self.state == State::Active && self.is_past_expiry()) {
            self.state = State::Expired;
            self.publish("CouponExpired", String::new(), expires_at);
        }
    }

    /// The next instant at which a hold ends, an application is abandoned or the coupon expires.
    pub(super) fn next_due(&self) -> Option<i64> {
        let holds = self.applications.values().filter_map(|application| application.held_until);
        let abandonments = self.applications.values().filter_map(|application| application.abandonment_due);
        holds.chain(abandonments).chain(self.expires_at).filter(|due| *due > self.now).min()
    }

    pub(super) fn fire_due(&mut self) -> Answer {
        let lead = LEAD_SECONDS * 1000;
        let ahead = self.notices.split_off(&(self.now + lead + 1));
        for expires_at in std::mem::replace(&mut self.notices, ahead) {
            if self.state == State::Active && self.expires_at == Some(expires_at) {
                self.publish("CouponExpiring", String::new(), expires_at - lead);
            }
        }
        self.expire();
        for order in self.applications.keys().copied().collect::<Vec<_>>() {
            self.end_hold(order);
            self.abandon(order);
        }
        Answer::Silence
    }

    /// Ends the order's hold if its expiry is due. Adds no event if the order was redeemed without
    /// the hold.
    fn end_hold(&mut self, order: u8) {
        let now = self.now;
        let was_redeemed = self.standing(order).is_some();
        let Some(application) = self.applications.get_mut(&order) else { return };
        if let Some(until) = application.held_until.take_if(|until| *until <= now).filter(|_| !was_redeemed) {
            self.publish("CouponHoldExpired", format!("{order}"), until);
        }
    }

    /// Abandons the order's application if it is due. Does nothing if the application was abandoned
    /// before, if the order has redeemed, or if the customer has redeemed since the last activity
    /// on the application.
    fn abandon(&mut self, order: u8) {
        let now = self.now;
        let Some(application) = self.applications.get_mut(&order) else { return };
        let Some(due) = application.abandonment_due.take_if(|due| *due <= now) else { return };
        let (customer, active_at) = (application.customer, application.active_at);
        let has_redeemed = customer != 0
            && self.redemptions.iter().any(|redemption| redemption.customer == customer && redemption.at >= active_at);
        if application.abandoned || has_redeemed || self.standing(order).is_some() {
            return;
        }
        if let Some(application) = self.applications.get_mut(&order) {
            application.abandoned = true;
        }
        self.publish("CouponApplicationAbandoned", format!("{order}"), due);
        self.statistics_of(due).abandoned += 1;
    }
}
