//! A model of one coupon: the behaviour that the API contract promises. The model makes its own
//! decisions. It derives the numbers of redeemed and remaining redemptions from the history of
//! redemptions and applications.

mod clock;
mod operator;
mod purchases;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use couponflow_domain::coupons::coupon::{State, Status, Threshold};
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;

use crate::command::{Answer, Command, LEAD_SECONDS, Setup};
use crate::event_summary::EventSummary;
use crate::recorded::Counts;

/// Price of one product and the 20 % discount on it, in cents.
pub(crate) const PRICE: i64 = 4900;
pub(crate) const DISCOUNT: i64 = 980;

/// A redemption, rolled back or not. Its position in the history (from 1) is its redemption number.
#[derive(Debug)]
struct Redemption {
    order: u8,
    customer: u8,
    quantity: i64,
    at: i64,
    /// Whether the redemption counts towards the customer limit: the coupon had a customer limit at
    /// the time, and the customer was not anonymous.
    counts_for_customer: bool,
    rolled_back: Option<RolledBack>,
}

#[derive(Debug, Clone, Copy)]
struct RolledBack {
    at: i64,
    released: bool,
}

impl Redemption {
    fn is_used(&self) -> bool {
        !self.rolled_back.is_some_and(|rolled_back| rolled_back.released)
    }
}

#[derive(Debug)]
struct Application {
    customer: u8,
    quantity: i64,
    priced_at: i64,
    held_until: Option<i64>,
    /// The instant at which the code was last applied, even without a change of price.
    active_at: i64,
    /// The instant at which the application becomes abandoned. `None` after that instant was
    /// handled.
    abandonment_due: Option<i64>,
    abandoned: bool,
}

/// The expected state of the coupon. Instants are in milliseconds.
#[derive(Debug)]
pub(crate) struct Model {
    setup: Setup,
    pub(crate) now: i64,
    state: State,
    limit: Option<i64>,
    customer_limit: Option<i64>,
    expires_at: Option<i64>,
    /// The expiry instants whose notice has not fired yet.
    notices: BTreeSet<i64>,
    limit_epoch: i64,
    published_thresholds: HashSet<(i64, Threshold)>,
    redemptions: Vec<Redemption>,
    applications: BTreeMap<u8, Application>,
    ever_applied: BTreeSet<u8>,
    published: Vec<EventSummary>,
    /// Number of attempts to use the code after its coupon was deleted.
    pub(crate) attempts_on_no_coupon: i64,
    by_day: BTreeMap<NaiveDate, Statistics>,
}

/// The visible state of the coupon.
#[derive(Debug, PartialEq)]
pub(crate) struct VisibleState {
    pub(crate) status: Status,
    pub(crate) limit: Option<i64>,
    pub(crate) redeemed: i64,
    pub(crate) held: i64,
    pub(crate) remaining: Option<i64>,
    pub(crate) last_number: i64,
    pub(crate) limit_epoch: i64,
}

impl Model {
    pub(crate) fn new(setup: Setup) -> Self {
        let expires_at = setup.expires_in.map(|seconds| seconds * 1000);
        let mut model = Self {
            now: 0,
            state: State::Active,
            limit: setup.limit,
            customer_limit: setup.customer_limit,
            expires_at,
            notices: BTreeSet::new(),
            limit_epoch: 1,
            published_thresholds: HashSet::new(),
            redemptions: Vec::new(),
            applications: BTreeMap::new(),
            ever_applied: BTreeSet::new(),
            published: Vec::new(),
            attempts_on_no_coupon: 0,
            by_day: BTreeMap::new(),
            setup,
        };
        model.plan_notice();
        model
    }

    /// Whether the contract determines the response to a command. The response is not determined if
    /// the command needs an application or redemption that the order never had. After a coupon was
    /// deleted, the contract leaves open whether a repeated redeem of an order still returns its
    /// redemption.
    pub(crate) fn determines(&self, command: &Command) -> bool {
        match command {
            Command::Redeem(cart) => self.state != State::Deleted || self.standing(cart.order).is_none(),
            Command::RedeemApplication { order, .. } => {
                self.ever_applied.contains(order) && (self.state != State::Deleted || self.standing(*order).is_none())
            }
            Command::Remove { order } => self.ever_applied.contains(order),
            Command::RollBack { order, .. } => self.redemptions.iter().any(|redemption| redemption.order == *order),
            _ => true,
        }
    }

    /// Executes a command and returns the expected response.
    pub(crate) fn execute(&mut self, command: &Command) -> Answer {
        self.now += 1;
        match command.clone() {
            Command::Apply(cart) => self.apply(cart, None),
            Command::Hold { cart, seconds } => self.apply(cart, Some(seconds)),
            Command::Redeem(cart) => self.redeem(cart, false),
            Command::RedeemApplication { order, quantity } => self.redeem_application(order, quantity),
            Command::Remove { order } => Answer::Removed(self.applications.remove(&order).is_some()),
            Command::RollBack { order, before, reason } => self.roll_back(order, before, reason),
            Command::EditLimit(limit) => self.edit_limit(limit),
            Command::EditCustomerLimit(limit) => self.edit_customer_limit(limit),
            Command::EditExpiry(seconds) => self.edit_expiry(seconds),
            Command::Pause => self.switch(State::Paused),
            Command::Activate => self.switch(State::Active),
            Command::Delete => self.delete(),
            Command::Wait { seconds } => {
                self.now += seconds * 1000;
                Answer::Silence
            }
            Command::WaitUntilDue { milliseconds } => {
                self.now = self.next_due().map_or(self.now, |due| self.now.max(due + milliseconds));
                Answer::Silence
            }
            Command::FireDue => self.fire_due(),
        }
    }

    pub(crate) fn seen(&self) -> VisibleState {
        VisibleState {
            status: self.status(),
            limit: self.limit,
            redeemed: self.redeemed(),
            held: self.held(),
            remaining: self.limit.map(|limit| limit - self.redeemed() - self.held()),
            last_number: self.redemptions.len() as i64,
            limit_epoch: self.limit_epoch,
        }
    }

    /// The expected statistics by day.
    pub(crate) fn by_day(&self) -> BTreeMap<NaiveDate, Counts> {
        self.by_day.iter().map(|(day, statistics)| (*day, statistics.entries())).collect()
    }

    /// The expected events, sorted.
    pub(crate) fn published(&self) -> Vec<EventSummary> {
        let mut published = self.published.clone();
        published.sort_unstable();
        published
    }

    fn status(&self) -> Status {
        match self.state {
            State::Deleted => Status::Deleted,
            State::Paused => Status::Paused,
            State::Expired => Status::Expired,
            State::Active if self.is_past_expiry() => Status::Expired,
            State::Active if self.limit.is_some_and(|limit| self.redeemed() >= limit) => Status::Exhausted,
            State::Active => Status::Active,
        }
    }

    fn is_past_expiry(&self) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= self.now)
    }

    /// Number of used redemptions: those that are not rolled back, and those whose rollback
    /// released nothing.
    fn redeemed(&self) -> i64 {
        self.redemptions.iter().filter(|redemption| redemption.is_used()).count() as i64
    }

    fn held(&self) -> i64 {
        self.applications.values().filter(|application| application.held_until.is_some()).count() as i64
    }

    fn standing(&self, order: u8) -> Option<&Redemption> {
        self.redemptions.iter().find(|redemption| redemption.order == order && redemption.rolled_back.is_none())
    }

    fn publish(&mut self, kind: &'static str, what: String, at: i64) {
        self.published.push(EventSummary { kind, what, at });
    }

    fn statistics_of(&mut self, at: i64) -> &mut Statistics {
        self.by_day.entry(fixtures::at(at).date_naive()).or_default()
    }

    fn reject(&mut self, order: u8, reason: Rejection) -> Answer {
        if self.state == State::Deleted {
            self.attempts_on_no_coupon += 1;
        } else {
            self.publish("CouponRejected", format!("{order}: {}", reason.code()), self.now);
            *self.statistics_of(self.now).rejected.entry(reason).or_default() += 1;
        }
        let hold_may_free_up = reason == Rejection::LimitReached && self.held() > 0;
        Answer::Rejected { reason, hold_may_free_up }
    }

    /// Adds an event for the limit, and for each threshold, if it is reached now and was not
    /// reached `before`. A threshold has at most one event per limit epoch.
    fn publish_reached(&mut self, before: (Option<i64>, i64)) {
        let after = (self.limit, self.redeemed());
        let reached = |(limit, redeemed): (Option<i64>, i64), threshold: Threshold| match (limit, threshold) {
            (None, _) => false,
            (Some(limit), Threshold::PercentUsed(percent)) => redeemed * 100 >= percent * limit,
            (Some(limit), Threshold::Remaining(left)) => limit - redeemed <= left,
        };
        for threshold in self.setup.thresholds_of(self.limit) {
            if reached(after, threshold)
                && !reached(before, threshold)
                && self.published_thresholds.insert((self.limit_epoch, threshold))
            {
                self.publish("CouponThresholdReached", format!("{threshold} by {}", after.1), self.now);
            }
        }
        let all_used = Threshold::Remaining(0);
        if reached(after, all_used) && !reached(before, all_used) {
            self.publish("CouponLimitReached", format!("{}", after.1), self.now);
        }
    }

    fn plan_notice(&mut self) {
        let ahead = self.expires_at.filter(|expires_at| expires_at - LEAD_SECONDS * 1000 > self.now);
        self.notices.extend(ahead);
    }
}
