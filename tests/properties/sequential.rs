//! A coupon behaves like the model for random sequences of commands: responses, counts, events and
//! statistics are equal.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use couponflow_domain::events::event::EventType;
use couponflow_tests::fixtures::at;
use couponflow_tests::relayed::Stream;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::command::{Command, Setup, commands, setup};
use crate::driver::Driver;
use crate::images;
use crate::model::Model;
use crate::recorded::RecordedOutcome;

const COMMANDS: RangeInclusive<usize> = 1..=100;

/// The commands and events of the cases so far, to assert that the cases cover all kinds.
#[derive(Debug, Default)]
struct Coverage {
    /// Number of executed commands of each kind.
    commands: BTreeMap<String, usize>,
    /// Number of published events of each type.
    events: BTreeMap<&'static str, usize>,
}

/// Returns the name of a command's variant.
fn kind(command: &Command) -> String {
    format!("{command:?}").chars().take_while(char::is_ascii_alphabetic).collect()
}

#[test]
fn a_coupon_behaves_like_the_model_for_any_sequence_of_commands() {
    let coverage = RefCell::new(Coverage::default());
    let config = Config { cases: 40, max_shrink_time: 60_000, source_file: Some(file!()), ..Config::default() };
    let outcome = TestRunner::new(config).run(&(setup(), commands(COMMANDS)), |(setup, commands)| {
        let exercised = Runtime::new().unwrap().block_on(check(&setup, &commands));
        let mut coverage = coverage.borrow_mut();
        exercised.commands.into_iter().for_each(|(kind, count)| *coverage.commands.entry(kind).or_default() += count);
        exercised.events.into_iter().for_each(|(kind, count)| *coverage.events.entry(kind).or_default() += count);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let Coverage { commands, events } = coverage.into_inner();
    // Deletions are rare on purpose, because nearly all later commands on a deleted coupon are
    // rejected.
    let rare = commands.iter().filter(|(kind, count)| *kind != "Delete" && **count < 10);
    assert_eq!(rare.collect::<Vec<_>>(), [], "commands that hardly any case executed, of {commands:?}");
    assert!(commands.len() >= 14, "{commands:?}");
    let rare = EventType::ALL.iter().filter(|kind| events.get(kind.detail_type()).is_none_or(|count| *count < 5));
    assert_eq!(rare.collect::<Vec<_>>(), [] as [&EventType; 0], "events that hardly any case published, of {events:?}");
}

/// Executes the commands whose response the model determines. Compares responses, state, events and
/// statistics with the model.
async fn check(setup: &Setup, commands: &[Command]) -> Coverage {
    let mut model = Model::new(setup.clone());
    let mut driver = Driver::open(setup).await;
    let mut exercised = Coverage::default();
    for (i, command) in commands.iter().enumerate() {
        if model.determines(command) {
            *exercised.commands.entry(kind(command)).or_default() += 1;
            let expected = model.execute(command);
            assert_eq!(driver.execute(command, model.now).await, expected, "response to command {i}, {command:?}");
            assert_eq!(driver.seen().await, model.seen(), "state after command {i}, {command:?}");
        }
    }
    driver.relay().await;
    let first = RecordedOutcome::of(&driver.store, &driver.coupon.id, &driver.output.events).await;
    assert_eq!(first.published(), model.published(), "the published events are the expected events");
    assert_eq!(first.by_day, model.by_day());
    assert_eq!(first.attempts_on_no_coupon, model.attempts_on_no_coupon);
    images::of_the_coupon(&images::all_records(Stream::of(&driver.dynamo)));

    let again = Stream::of(&driver.dynamo).relay(&driver.table, at(model.now)).await;
    let again = RecordedOutcome::of(&driver.store, &driver.coupon.id, &again.events).await;
    assert_eq!(again, first, "a second delivery of the whole stream changes nothing");
    first.events.values().for_each(|event| *exercised.events.entry(event.kind).or_default() += 1);
    exercised
}
