//! The commands of a sequential property test, their responses, and the strategies that generate
//! them.

use couponflow_domain::coupons::coupon::{RollbackReason, Threshold};
use couponflow_domain::purchases::rejection::Rejection;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use strum::VariantArray as _;

/// Lead time of the coupon's expiry notice, in seconds.
pub(crate) const LEAD_SECONDS: i64 = 60;

/// The initial terms of the coupon. Times are in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) limit: Option<i64>,
    pub(crate) customer_limit: Option<i64>,
    pub(crate) expires_in: Option<i64>,
    pub(crate) abandonment_window: Option<i64>,
    pub(crate) release_on: Vec<RollbackReason>,
    pub(crate) thresholds: Vec<Threshold>,
}

impl Setup {
    /// The thresholds that are valid for a limit.
    pub(crate) fn thresholds_of(&self, limit: Option<i64>) -> Vec<Threshold> {
        let fits = |limit: i64, threshold: Threshold| !matches!(threshold, Threshold::Remaining(left) if left >= limit);
        let all = self.thresholds.iter().copied();
        all.filter(|threshold| limit.is_some_and(|limit| fits(limit, *threshold))).collect()
    }
}

/// A purchase. Customer 0 is anonymous.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cart {
    pub(crate) order: u8,
    pub(crate) customer: u8,
    pub(crate) quantity: i64,
}

/// One step of a test. The clock advances by 1 ms per command.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Apply(Cart),
    Hold {
        cart: Cart,
        seconds: i64,
    },
    Redeem(Cart),
    /// Redeems by the id of the order's application, for the customer of the application.
    RedeemApplication {
        order: u8,
        quantity: i64,
    },
    Remove {
        order: u8,
    },
    /// Rolls back a redemption of the order: the latest, or the redemption `before` places earlier.
    RollBack {
        order: u8,
        before: usize,
        reason: RollbackReason,
    },
    EditLimit(Option<i64>),
    EditCustomerLimit(Option<i64>),
    /// Sets the expiry to this many seconds from now. `None` removes the expiry.
    EditExpiry(Option<i64>),
    Pause,
    Activate,
    Delete,
    Wait {
        seconds: i64,
    },
    /// Waits until `milliseconds` after the next due instant.
    WaitUntilDue {
        milliseconds: i64,
    },
    /// Runs the relay and fires due timers until no timer is due.
    FireDue,
}

/// The part of a response that the API contract determines. Instants are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Applied {
        discount: i64,
        priced_at: i64,
        held_until: Option<i64>,
    },
    Redeemed {
        discount: i64,
        at: i64,
    },
    Rejected {
        reason: Rejection,
        hold_may_free_up: bool,
    },
    Removed(bool),
    RolledBack {
        redeemed_at: i64,
        at: i64,
        released: bool,
    },
    Changed,
    Invalid(&'static str),
    NotFound,
    Expired,
    /// The command sends no request.
    Silence,
}

pub(crate) fn setup() -> impl Strategy<Value = Setup> {
    let thresholds = vec![Threshold::PercentUsed(50), Threshold::PercentUsed(80), Threshold::Remaining(1)];
    (
        option::weighted(0.85, 1..=6_i64),
        option::weighted(0.3, 1..=2_i64),
        option::weighted(0.6, 1..=600_i64),
        option::weighted(0.5, 1..=120_i64),
        prop_oneof![3 => Just(RollbackReason::VARIANTS.to_vec()), 1 => subsequence(RollbackReason::VARIANTS.to_vec(), 0..=2)],
        subsequence(thresholds, 0..=3),
    )
        .prop_map(|(limit, customer_limit, expires_in, abandonment_window, release_on, thresholds)| Setup {
            limit,
            customer_limit,
            expires_in,
            abandonment_window,
            release_on,
            thresholds,
        })
}

pub(crate) fn commands(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Command>> {
    vec(command(), count)
}

fn command() -> impl Strategy<Value = Command> {
    let order = || 0..5_u8;
    let quantity = || prop_oneof![3 => Just(1_i64), 1 => Just(2)];
    let cart = || {
        let customer = prop_oneof![1 => Just(0_u8), 6 => 1..=2_u8];
        (order(), customer, quantity()).prop_map(|(order, customer, quantity)| Cart { order, customer, quantity })
    };
    prop_oneof![
        5 => cart().prop_map(Command::Apply),
        7 => (cart(), 1..=300_i64).prop_map(|(cart, seconds)| Command::Hold { cart, seconds }),
        12 => cart().prop_map(Command::Redeem),
        5 => (order(), quantity()).prop_map(|(order, quantity)| Command::RedeemApplication { order, quantity }),
        2 => order().prop_map(|order| Command::Remove { order }),
        8 => (order(), prop_oneof![4 => Just(0_usize), 1 => 1..3_usize], select(RollbackReason::VARIANTS))
            .prop_map(|(order, before, reason)| Command::RollBack { order, before, reason }),
        4 => option::weighted(0.8, 1..=6_i64).prop_map(Command::EditLimit),
        1 => option::weighted(0.5, 1..=2_i64).prop_map(Command::EditCustomerLimit),
        3 => option::weighted(0.8, -5..=600_i64).prop_map(Command::EditExpiry),
        1 => Just(Command::Pause),
        3 => Just(Command::Activate),
        1 => prop_oneof![9 => Just(Command::Activate), 1 => Just(Command::Delete)],
        2 => prop_oneof![4 => 1..=200_i64, 1 => Just(86_400)].prop_map(|seconds| Command::Wait { seconds }),
        4 => (-1..=1_i64).prop_map(|milliseconds| Command::WaitUntilDue { milliseconds }),
        5 => Just(Command::FireDue),
    ]
}
