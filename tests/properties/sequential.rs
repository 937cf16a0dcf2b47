//! A coupon behaves like the model for any sequence of commands: responses, counts, events and statistics agree.

use std::ops::RangeInclusive;

use couponflow_tests::fixtures::at;
use couponflow_tests::relayed::Stream;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::command::{Command, Setup, commands, setup};
use crate::driver::Driver;
use crate::images;
use crate::model::Model;
use crate::recorded::RecordedOutcome;

const COMMANDS: RangeInclusive<usize> = 1..=100;

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() })]

    #[test]
    fn a_coupon_behaves_like_the_model_for_any_sequence_of_commands(setup in setup(), commands in commands(COMMANDS)) {
        tokio::runtime::Runtime::new().unwrap().block_on(check(&setup, &commands));
    }
}

async fn check(setup: &Setup, commands: &[Command]) {
    let mut model = Model::new(setup.clone());
    let mut driver = Driver::open(setup).await;
    for (i, command) in commands.iter().enumerate() {
        if model.determines(command) {
            let expected = model.execute(command);
            assert_eq!(driver.execute(command, model.now).await, expected, "response to command {i}, {command:?}");
            assert_eq!(driver.seen().await, model.seen(), "state after command {i}, {command:?}");
        }
    }
    driver.relay().await;
    let first = RecordedOutcome::of(&driver.store, &driver.coupon.id, &driver.output.events).await;
    assert_eq!(first.published(), model.published(), "every expected event once");
    assert_eq!(first.by_day, model.by_day());
    assert_eq!(first.attempts_on_no_coupon, model.attempts_on_no_coupon);
    images::of_the_coupon(&images::all_records(Stream::of(&driver.dynamo)));

    let again = Stream::of(&driver.dynamo).relay(&driver.table, at(model.now)).await;
    let again = RecordedOutcome::of(&driver.store, &driver.coupon.id, &again.events).await;
    assert_eq!(again, first, "a second delivery of the whole stream changes nothing");
}
