//! The responses of concurrent clients of a coupon are linearizable. Meanwhile the relay gets
//! repeated and interrupted batches. Each change still yields exactly one event, although an event
//! may be published more than once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::relayed::{RelayOutput, Stream, relay_batch};
use couponflow_tests::table::Dynamo;
use futures_util::future::{join, join_all};
use serde_json::Value;

use crate::client::{Client, Round};
use crate::images::{self, Image};
use crate::model::{DISCOUNT, PRICE};
use crate::recorded::RecordedOutcome;
use crate::spec::{Answer, ClientCall};

const ROUNDS: usize = 30;
const CLIENTS: usize = 4;
const OPERATIONS: usize = 8;
const ORDERS: usize = 5;

/// Pseudo-random numbers that are the same in every run. Only the scheduling of the clients
/// differs.
fn random(of: &[usize]) -> [usize; 10] {
    let of: Vec<String> = of.iter().map(usize::to_string).collect();
    bits80(&of.iter().map(String::as_str).collect::<Vec<_>>()).map(usize::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_clients_are_linearizable_and_every_event_is_published() {
    let mut published: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..ROUNDS {
        let random = random(&[number]);
        let limit = Some(random[0] as i64 % 5 + 1).filter(|_| !random[1].is_multiple_of(5));
        let round = Round::open(Arc::new(Dynamo::start().await), "demo", limit).await;
        let clients: Vec<Client> = (0..CLIENTS).map(|client| round.client(client)).collect();
        let is_over = AtomicBool::new(false);
        let clients = async {
            join_all(clients.iter().enumerate().map(|(i, client)| runs(client, number, i))).await;
            is_over.store(true, Ordering::SeqCst);
        };
        let ((), output) = join(clients, relay(&round, number, &is_over)).await;
        round.check_history(&format!("round {number}"));
        for (kind, count) in check_published(&round, &output).await {
            *published.entry(kind).or_default() += count;
        }
    }
    let rare: Vec<_> = published.iter().filter(|(_, count)| **count < 3).collect();
    assert!(rare.is_empty() && published.len() == 7, "too few events of some types: {published:?}");
}

async fn runs(client: &Client, round: usize, number: usize) {
    for turn in 0..OPERATIONS {
        client.send(choose(&client.round, random(&[round, number, turn]))).await;
    }
}

fn choose(round: &Round, random: [usize; 10]) -> ClientCall {
    let order = random[1] % ORDERS;
    let limit = Some(random[2] as i64 % 5 + 1).filter(|_| !random[3].is_multiple_of(5));
    let known = round.known_redemptions();
    match random[0] % 20 {
        0..4 => ClientCall::Redeem { order, at: round.next_instant() },
        4..6 => ClientCall::RedeemApplication { order, at: round.next_instant() },
        6..9 => ClientCall::Hold { order },
        9 => ClientCall::Release { order },
        10..15 => ClientCall::ExpireHold { order },
        15..17 if !known.is_empty() => ClientCall::RollBack { redemption: known[random[4] % known.len()] },
        15..19 => ClientCall::EditLimit { limit },
        _ => ClientCall::Read,
    }
}

/// Relays until the clients have ended and the stream is empty. Delivers about a third of the
/// batches first to an instance that dies, and about a quarter of the batches twice.
async fn relay(round: &Round, number: usize, is_over: &AtomicBool) -> RelayOutput {
    let mut stream = Stream::of(&round.dynamo);
    let (mut output, mut batches) = (RelayOutput::default(), 0);
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let records = stream.next_batch();
        if records.is_empty() && was_over {
            return output;
        }
        if records.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let mut records = &records[..];
        while !records.is_empty() {
            let random = random(&[number, CLIENTS, batches]);
            let (batch, rest) = records.split_at(records.len().min(random[0] % 20 + 1));
            if random[1].is_multiple_of(3) {
                relay_batch(batch, &round.dynamo.dying_instance(random[2] % 12), at(0), &mut output).await;
            }
            for _ in 0..1 + usize::from(random[3].is_multiple_of(4)) {
                relay_until_done(batch, round, &mut output).await;
            }
            (records, batches) = (rest, batches + 1);
        }
    }
}

async fn relay_until_done(batch: &[Value], round: &Round, output: &mut RelayOutput) {
    for _ in 0..20 {
        let outcomes = relay_batch(batch, &round.dynamo.instance(), at(0), output).await;
        if outcomes.iter().all(Result::is_ok) {
            return;
        }
    }
    panic!("a batch still fails after 20 deliveries");
}

/// Asserts that events and statistics contain each change in the stream and the responses exactly
/// once. Returns the number of events of each type.
async fn check_published(round: &Round, output: &RelayOutput) -> BTreeMap<&'static str, usize> {
    let records = images::all_records(Stream::of(&round.dynamo));
    let images = images::of_the_coupon(&records);
    let answers = round.answers();
    let last = images.last().unwrap();
    let store = round.dynamo.instance().of(&fixtures::tenant("demo"));
    let recorded = RecordedOutcome::of(&store, &round.coupon_id, &output.events).await;

    let redeemed: BTreeSet<i64> = answers.iter().filter_map(|(_, answer)| answer.redeemed_at()).collect();
    let rolled_back: BTreeSet<i64> = answers.iter().filter_map(|(call, _)| call.rolled_back()).collect();
    assert_eq!((last.redemption_seq, last.rollback_seq), (redeemed.len() as i64, rolled_back.len() as i64));
    assert_eq!(numbers(output), (1..=last.redemption_seq).collect(), "redemption numbers are unique and have no gaps");

    let full = |image: &Image| image.is_used_by(100);
    let half = |image: &Image| image.is_used_by(50);
    let limits = images.windows(2).filter(|pair| full(&pair[1]) && !full(&pair[0])).count();
    let halves = images.windows(2).filter(|pair| half(&pair[1]) && !half(&pair[0])).map(|pair| pair[1].limit_epoch);
    let refused = answers.iter().filter(|(_, answer)| *answer == Answer::LimitReached).count();
    let applied = images::values(&records, "APPLICATION", "application_id").len();
    let mut expected = BTreeMap::from([
        ("CouponApplied", applied),
        ("CouponHoldExpired", images::values(&records, "APPLICATION", "hold_expired_at_ms").len()),
        ("CouponLimitReached", limits),
        ("CouponRedeemed", redeemed.len()),
        ("CouponRedemptionRolledBack", rolled_back.len()),
        ("CouponRejected", refused),
        ("CouponThresholdReached", halves.collect::<BTreeSet<_>>().len()),
    ]);
    expected.retain(|_, count| *count > 0);
    let mut published = BTreeMap::new();
    recorded.events.values().for_each(|event| *published.entry(event.kind).or_default() += 1);
    assert_eq!(published, expected);

    let standing = last.redemption_seq - last.rollback_seq;
    let mut counted = Statistics { applied: applied as i64, ..Statistics::default() };
    (counted.redeemed, counted.rolled_back) = (last.redemption_seq, last.rollback_seq);
    counted.rejected.insert(Rejection::LimitReached, refused as i64);
    counted.add("discount#USD", standing * DISCOUNT);
    counted.add("revenue#USD", standing * (PRICE - DISCOUNT));
    assert_eq!(recorded.statistics, counted.entries());
    published
}

fn numbers(output: &RelayOutput) -> BTreeSet<i64> {
    let redeemed = output.events.iter().filter(|event| event.kind == EventType::CouponRedeemed);
    redeemed.map(|event| event.data.redemption.as_ref().unwrap().redemption_number.get()).collect()
}
