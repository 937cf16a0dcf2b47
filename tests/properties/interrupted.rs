//! Two clients of a coupon stay linearizable if one runs a whole request between any two table calls of the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use couponflow_tests::table::Dynamo;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::client::Round;
use crate::spec::ClientCall;

/// The state before the two requests: order 0 has a hold or a redemption, and order 1 may have a redemption.
#[derive(Debug, Clone, Copy)]
enum InitialState {
    Held,
    Redeemed,
    HeldAndAnotherRedeemed,
}

impl InitialState {
    async fn set_up(self, round: &Arc<Round>) {
        let client = round.client(0);
        if let Self::Held | Self::HeldAndAnotherRedeemed = self {
            client.send(ClientCall::Hold { order: 0 }).await;
        }
        match self {
            Self::Held => {}
            Self::Redeemed => client.send(ClientCall::Redeem { order: 0, at: round.next_instant() }).await,
            Self::HeldAndAnotherRedeemed => {
                client.send(ClientCall::Redeem { order: 1, at: round.next_instant() }).await
            }
        }
    }
}

/// Every request that a client can send in the current state.
fn requests(round: &Round) -> Vec<ClientCall> {
    let at = round.next_instant();
    let known = round.known_redemptions();
    let mut requests = vec![
        ClientCall::Redeem { order: 0, at },
        ClientCall::Redeem { order: 2, at },
        ClientCall::RedeemApplication { order: 0, at },
        ClientCall::Hold { order: 0 },
        ClientCall::Hold { order: 2 },
        ClientCall::Release { order: 0 },
        ClientCall::ExpireHold { order: 0 },
        ClientCall::EditLimit { limit: None },
        ClientCall::EditLimit { limit: Some(1) },
        ClientCall::EditLimit { limit: Some(3) },
    ];
    requests.extend(known.into_iter().map(|redemption| ClientCall::RollBack { redemption }));
    requests
}

/// Number of cases per run, drawn from 2,460 combinations.
const ROUNDS: u32 = 200;

#[test]
fn a_request_between_two_calls_of_another_stays_linearizable() {
    let cases = [
        (Some(1), InitialState::Held),
        (Some(1), InitialState::Redeemed),
        (Some(2), InitialState::HeldAndAnotherRedeemed),
        (None, InitialState::HeldAndAnotherRedeemed),
    ];
    let rounds = (select(cases.to_vec()), any::<Index>(), any::<Index>(), 0..6_usize);
    let runtime = Runtime::new().unwrap();
    let dynamo = Arc::new(runtime.block_on(Dynamo::start()));
    let number = AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config { cases: ROUNDS, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&rounds, |((limit, before), first, second, before_call)| {
        runtime.block_on(async {
            let tenant = format!("round{}", number.fetch_add(1, Ordering::SeqCst));
            let round = Round::open(Arc::clone(&dynamo), &tenant, limit).await;
            before.set_up(&round).await;
            let (first, second) = (*first.get(&requests(&round)), *second.get(&requests(&round)));
            let other = round.client(1);
            let meanwhile = async move || other.send(second).await;
            let client = round.client_of(0, &dynamo.interrupted_instance(before_call, meanwhile));
            client.send(first).await;
            client.send(ClientCall::Read).await;
            round.check_history(&format!("{limit:?}, {before:?}, before call {before_call}"));
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
