//! Scenarios of the model check, and the check of each.

use std::time::Duration;

use super::super::sizing::Policy;
use super::explorer::explore;
use super::world::{Change, Scenario};

/// A coupon with 2 tokens over 2 shards, without requests and faults.
fn base(name: &'static str) -> Scenario {
    Scenario {
        name,
        limit: 2,
        shards: 2,
        expires_at: None,
        last_minute: 0,
        policy: Policy { min_grant: 1, low_water: 0, help_after: Duration::ZERO },
        requests: Vec::new(),
        rollbacks: Vec::new(),
        edits: Vec::new(),
        expirers: 0,
        reads_are_atomic: true,
        crashes: 0,
        lost_responses: 0,
        redeliveries: 0,
        mutation: None,
    }
}

/// Returns the scenarios that every mutant is tried in, the smallest first.
pub(super) fn small() -> Vec<Scenario> {
    use Change::{ExpiresAt, Limit, Revive, Shards};
    let one_token = |name| Scenario { limit: 1, shards: 1, ..base(name) };
    let with_expiry =
        |name| Scenario { expires_at: Some(1), last_minute: 1, requests: vec![(0, 0)], ..one_token(name) };
    vec![
        Scenario {
            shards: 1,
            requests: vec![(0, 0), (1, 0)],
            rollbacks: vec![0, 1],
            ..base("rollbacks of both tokens")
        },
        Scenario { shards: 1, requests: vec![(0, 0)], edits: vec![Limit(1)], ..base("lowered limit") },
        Scenario {
            limit: 4,
            requests: vec![(0, 0), (1, 0), (2, 0)],
            policy: Policy { min_grant: 2, low_water: 1, help_after: Duration::ZERO },
            redeliveries: 1,
            ..one_token("refill before a shard is empty")
        },
        Scenario {
            requests: vec![(0, 0), (1, 0)],
            rollbacks: vec![0, 0],
            ..one_token("two rollbacks of one redemption")
        },
        Scenario { requests: vec![(0, 0), (1, 1)], rollbacks: vec![0], ..base("rollback while the last shard closes") },
        Scenario { expirers: 2, ..with_expiry("expiry") },
        Scenario { shards: 2, requests: vec![(0, 0), (1, 1)], crashes: 1, ..one_token("two orders for one token") },
        Scenario { shards: 2, requests: vec![(0, 0), (0, 1)], lost_responses: 1, ..one_token("repeated request") },
        Scenario { requests: vec![(0, 1)], edits: vec![Shards(1)], ..base("fewer shards") },
        Scenario {
            shards: 2,
            requests: vec![(0, 0)],
            rollbacks: vec![0],
            edits: vec![Limit(2)],
            ..one_token("rollback and raised limit")
        },
        Scenario {
            requests: vec![(0, 0), (1, 0)],
            edits: vec![Limit(2)],
            lost_responses: 1,
            ..one_token("raised limit")
        },
        Scenario {
            last_minute: 2,
            edits: vec![Revive(2)],
            expirers: 1,
            ..with_expiry("expired coupon becomes active again")
        },
        Scenario {
            expires_at: Some(5),
            requests: vec![(0, 0)],
            edits: vec![ExpiresAt(6), ExpiresAt(7)],
            ..one_token("two edits")
        },
    ]
}

/// Returns scenarios with more states, in which requests also read the root and the shard at different times.
fn large() -> Vec<Scenario> {
    let apart = |scenario: Scenario| Scenario { reads_are_atomic: false, crashes: 1, lost_responses: 1, ..scenario };
    let two_orders = |name| apart(Scenario { requests: vec![(0, 0), (1, 1)], ..base(name) });
    vec![
        apart(Scenario { limit: 2, shards: 3, requests: vec![(0, 0), (1, 1)], ..base("three shards") }),
        Scenario { requests: vec![(0, 0), (0, 1), (1, 1)], ..two_orders("three requests for two tokens") },
        Scenario { rollbacks: vec![0, 1], redeliveries: 1, ..two_orders("two rollbacks") },
        Scenario { edits: vec![Change::Limit(1)], crashes: 0, ..two_orders("lowered limit of two shards") },
        Scenario { edits: vec![Change::Shards(1)], lost_responses: 0, ..two_orders("fewer shards for two orders") },
    ]
}

fn check(scenarios: Vec<Scenario>) {
    for scenario in scenarios {
        let name = scenario.name;
        let explored =
            explore(&scenario).unwrap_or_else(|fault| panic!("{name}: {}\n{}", fault.what, fault.trace.join("\n")));
        eprintln!("{name}: {explored:?}");
        assert!(explored.states > 100 && explored.settled > 0, "{name}: {explored:?}");
    }
}

#[test]
fn protocol_has_no_fault_in_small_scenarios() {
    check(small());
}

/// Checks the large scenarios, with millions of steps, only if `COUPONFLOW_ALL_CASES` is set: use a release build.
#[test]
fn protocol_has_no_fault_in_large_scenarios() {
    let scenarios = large();
    let checked = if option_env!("COUPONFLOW_ALL_CASES").is_some() { scenarios.len() } else { 1 };
    check(scenarios.into_iter().take(checked).collect());
}
