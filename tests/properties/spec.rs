//! The sequential specification of one coupon. The linearizability checker compares concurrent
//! histories with this specification.

use std::collections::{BTreeMap, BTreeSet};

use todc_utils::specifications::Specification;

/// An entry of the history: a request, or a response with its request.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) call: ClientCall,
    pub(crate) answer: Option<Answer>,
}

/// A request. Every request has a unique instant, and the instant of a redeem request identifies
/// the redemption.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClientCall {
    /// Creates the coupon.
    Open {
        limit: Option<i64>,
    },
    Redeem {
        order: usize,
        at: i64,
    },
    /// Redeems by the order's application.
    RedeemApplication {
        order: usize,
        at: i64,
    },
    Hold {
        order: usize,
    },
    /// Removes the code from the order.
    Release {
        order: usize,
    },
    /// Fires the timer of the order's hold.
    ExpireHold {
        order: usize,
    },
    RollBack {
        redemption: i64,
    },
    EditLimit {
        limit: Option<i64>,
    },
    Read,
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    Done,
    Redeemed(i64),
    LimitReached,
    /// The application, hold or redemption of the request does not exist, or no longer exists.
    Nothing,
    /// The new limit is below the number of redeemed and held redemptions.
    Invalid,
    /// The request failed after too many conflicts and changed nothing.
    Busy,
    Seen {
        limit: Option<i64>,
        redeemed: i64,
        held: i64,
        remaining: Option<i64>,
    },
}

impl ClientCall {
    /// Returns the redemption that the request rolls back.
    pub(crate) fn rolled_back(self) -> Option<i64> {
        if let Self::RollBack { redemption } = self { Some(redemption) } else { None }
    }
}

impl Answer {
    /// Returns the redemption in the answer, as the instant of its request.
    pub(crate) fn redeemed_at(self) -> Option<i64> {
        if let Self::Redeemed(at) = self { Some(at) } else { None }
    }
}

/// One possible state of the coupon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Coupon {
    limit: Option<i64>,
    /// Redemptions that are not rolled back, by order.
    redeemed: BTreeMap<usize, i64>,
    rolled_back: BTreeSet<i64>,
    /// The orders with a hold.
    held: BTreeSet<usize>,
}

impl Coupon {
    fn used(&self) -> i64 {
        (self.redeemed.len() + self.held.len()) as i64
    }

    fn has_left(&self) -> bool {
        self.limit.is_none_or(|limit| self.used() < limit)
    }

    /// Returns the possible states after a request and its answer. The list is empty if the answer
    /// contradicts the state.
    fn after(&self, call: ClientCall, answer: Answer) -> Vec<Self> {
        let mut after = self.clone();
        let is_possible = match (call, answer) {
            (_, Answer::Busy) => true,
            (ClientCall::Open { limit }, _) => {
                after.limit = limit;
                true
            }
            (ClientCall::Redeem { order, at }, _) => return self.after_redeem(order, at, answer),
            (ClientCall::RedeemApplication { .. }, Answer::Nothing) => true,
            (ClientCall::RedeemApplication { order, at }, _) => return self.after_redeem(order, at, answer),
            (ClientCall::Hold { order }, Answer::Done) => self.has_left() | !after.held.insert(order),
            (ClientCall::Hold { order }, Answer::LimitReached) => !self.has_left() && !self.held.contains(&order),
            (ClientCall::Release { order }, Answer::Done) => {
                after.held.remove(&order);
                true
            }
            (ClientCall::Release { order }, Answer::Nothing) => !self.held.contains(&order),
            (ClientCall::ExpireHold { order }, Answer::Done) => after.held.remove(&order),
            (ClientCall::ExpireHold { .. }, Answer::Nothing) => true,
            (ClientCall::RollBack { redemption }, Answer::Done) => {
                after.redeemed.retain(|_, standing| *standing != redemption);
                let is_new = after.rolled_back.insert(redemption);
                is_new == (after.redeemed.len() < self.redeemed.len())
            }
            (ClientCall::EditLimit { limit }, Answer::Done) => {
                after.limit = limit;
                limit.is_none_or(|limit| limit >= self.used())
            }
            (ClientCall::EditLimit { limit }, Answer::Invalid) => limit.is_some_and(|limit| limit < self.used()),
            (ClientCall::Read, Answer::Seen { limit, redeemed, held, remaining }) => {
                (limit, redeemed, held) == (self.limit, self.redeemed.len() as i64, self.held.len() as i64)
                    && remaining == limit.map(|limit| limit - redeemed - held)
            }
            _ => false,
        };
        if is_possible { vec![after] } else { Vec::new() }
    }

    /// Returns the possible states after a redemption. An order has at most one redemption that is
    /// not rolled back. A new redemption uses the order's own hold or a free redemption.
    fn after_redeem(&self, order: usize, at: i64, answer: Answer) -> Vec<Self> {
        match (self.redeemed.get(&order), answer) {
            (Some(standing), Answer::Redeemed(redemption)) if *standing == redemption => vec![self.clone()],
            (None, Answer::Redeemed(redemption)) if redemption == at => {
                let redeemed =
                    Self { redeemed: self.redeemed.clone().into_iter().chain([(order, at)]).collect(), ..self.clone() };
                let mut with_hold = redeemed.clone();
                let by_hold = with_hold.held.remove(&order).then_some(with_hold);
                self.has_left().then_some(redeemed).into_iter().chain(by_hold).collect()
            }
            (None, Answer::LimitReached) if !self.has_left() && !self.held.contains(&order) => vec![self.clone()],
            _ => Vec::new(),
        }
    }
}

/// The specification for the linearizability checker. Its state is the set of all possible coupons,
/// because an answer may be ambiguous. For example, it does not say whether a hold was used.
pub(crate) struct OneCoupon;

impl Specification for OneCoupon {
    type State = BTreeSet<Coupon>;
    type Operation = Operation;

    fn init() -> Self::State {
        BTreeSet::from([Coupon::default()])
    }

    fn apply(operation: &Operation, state: &Self::State) -> (bool, Self::State) {
        let Some(answer) = operation.answer else { return (false, state.clone()) };
        let after: Self::State = state.iter().flat_map(|coupon| coupon.after(operation.call, answer)).collect();
        if after.is_empty() { (false, state.clone()) } else { (true, after) }
    }
}
