//! Two clients of a coupon. The second client runs a whole request right before one of the table
//! calls of the first client's request. The responses must be linearizable for every combination of
//! two requests and a table call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use couponflow_tests::table::Dynamo;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::client::Round;
use crate::spec::ClientCall;

/// The state of the coupon before the two requests: order 0 has a hold or a redemption, and order 1
/// may have a redemption.
#[derive(Debug, Clone, Copy)]
enum InitialState {
    Held,
    Redeemed,
    HeldAndAnotherRedeemed,
}

impl InitialState {
    /// Number of redemptions in this state.
    fn redemptions(self) -> usize {
        match self {
            Self::Held => 0,
            Self::Redeemed | Self::HeldAndAnotherRedeemed => 1,
        }
    }

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

/// Lists every request that a client can send at an instant. `known` are the redemptions that the
/// client can roll back.
fn requests(at: i64, known: &[i64]) -> Vec<ClientCall> {
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
    requests.extend(known.iter().map(|redemption| ClientCall::RollBack { redemption: *redemption }));
    requests
}

/// One case: the coupon's limit, its initial state, and two requests, as indexes in [`requests`].
/// The second request runs right before table call number `before_call` of the first request.
#[derive(Debug, Clone, Copy)]
struct Case {
    limit: Option<i64>,
    before: InitialState,
    first: usize,
    second: usize,
    before_call: usize,
}

/// Lists every case. The second request runs before one of the first six table calls of the first
/// request.
fn cases() -> Vec<Case> {
    let states = [
        (Some(1), InitialState::Held),
        (Some(1), InitialState::Redeemed),
        (Some(2), InitialState::HeldAndAnotherRedeemed),
        (None, InitialState::HeldAndAnotherRedeemed),
    ];
    let mut cases = Vec::new();
    for (limit, before) in states {
        let requests = requests(0, &vec![0; before.redemptions()]).len();
        for (first, second) in (0..requests).flat_map(|first| (0..requests).map(move |second| (first, second))) {
            cases.extend((0..6).map(|before_call| Case { limit, before, first, second, before_call }));
        }
    }
    cases
}

impl Case {
    /// Runs the case. Returns whether the second request ran: the first request may make fewer
    /// table calls than `before_call`.
    async fn run(self, dynamo: &Arc<Dynamo>, tenant: &str) -> bool {
        let round = Round::open(Arc::clone(dynamo), tenant, self.limit).await;
        self.before.set_up(&round).await;
        let known = round.known_redemptions();
        assert_eq!(known.len(), self.before.redemptions());
        let first = requests(round.next_instant(), &known)[self.first];
        let second = requests(round.next_instant(), &known)[self.second];
        let (other, interrupted) = (round.client(1), Arc::new(AtomicBool::new(false)));
        let is_interrupted = Arc::clone(&interrupted);
        let meanwhile = async move || {
            other.send(second).await;
            is_interrupted.store(true, Ordering::SeqCst);
        };
        let client = round.client_of(0, &dynamo.interrupted_instance(self.before_call, meanwhile));
        client.send(first).await;
        let interrupted = interrupted.load(Ordering::SeqCst);
        client.send(ClientCall::Read).await;
        round.check_history(&format!("{self:?}"));
        interrupted
    }
}

/// Number of cases per run, unless the variable [`ALL_CASES`] is set.
const SAMPLE: u32 = 200;

/// Environment variable that makes the test run every case instead of a sample.
const ALL_CASES: &str = "COUPONFLOW_ALL_CASES";

#[test]
fn a_request_between_two_calls_of_another_stays_linearizable() {
    let runtime = Runtime::new().unwrap();
    let dynamo = Arc::new(runtime.block_on(Dynamo::start()));
    let (ran, interrupted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = |case: Case| {
        let tenant = format!("round{}", ran.fetch_add(1, Ordering::SeqCst));
        let is_interrupted = runtime.block_on(case.run(&dynamo, &tenant));
        interrupted.fetch_add(usize::from(is_interrupted), Ordering::SeqCst);
    };
    if std::env::var_os(ALL_CASES).is_some() {
        cases().into_iter().for_each(run);
    } else {
        let config = Config { cases: SAMPLE, source_file: Some(file!()), ..Config::default() };
        let outcome = TestRunner::new(config).run(&select(cases()), |case| {
            run(case);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{failure}"));
    }
    let (ran, interrupted) = (ran.into_inner(), interrupted.into_inner());
    assert!(interrupted * 3 > ran, "only {interrupted} of {ran} requests were interrupted");
}
