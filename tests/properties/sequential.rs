//! Whatever happens to a coupon, one thing after the other: answers, counts, events and statistics are those of the
//! model.

use std::ops::RangeInclusive;

use couponflow_tests::given::at;
use couponflow_tests::relayed::Stream;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::aftermath::Aftermath;
use crate::command::{Command, Setup, commands, setup};
use crate::images;
use crate::model::Model;
use crate::shop::Shop;

const COMMANDS: RangeInclusive<usize> = 1..=100;

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() })]

    #[test]
    fn a_coupon_does_what_the_contract_says_whatever_happens_to_it(setup in setup(), commands in commands(COMMANDS)) {
        tokio::runtime::Runtime::new().unwrap().block_on(check(&setup, &commands));
    }
}

async fn check(setup: &Setup, commands: &[Command]) {
    let mut model = Model::new(setup.clone());
    let mut shop = Shop::open(setup).await;
    for (i, command) in commands.iter().enumerate() {
        if model.decides(command) {
            let expected = model.happens(command);
            assert_eq!(shop.does(command, model.now).await, expected, "the answer to number {i}, {command:?}");
            assert_eq!(shop.seen().await, model.seen(), "after number {i}, {command:?}");
        }
    }
    shop.relay().await;
    let first = Aftermath::of(&shop.store, &shop.coupon.id, &shop.heard.events).await;
    assert_eq!(first.told(), model.told(), "each event once");
    assert_eq!(first.by_day, model.by_day());
    assert_eq!(first.attempts_on_no_coupon, model.attempts_on_no_coupon);
    images::of_the_coupon(&images::all_records(Stream::of(&shop.dynamo)));

    let again = Stream::of(&shop.dynamo).relay(&shop.table, at(model.now)).await;
    let again = Aftermath::of(&shop.store, &shop.coupon.id, &again.events).await;
    assert_eq!(again, first, "delivered once more, nothing is counted, logged or told anew");
}
