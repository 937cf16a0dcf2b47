//! The rate limit of outgoing mail, over all instances.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::delivery::ports::MailSchedule;
use couponflow_aws::dynamo::MailRate;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;

const RATE: u32 = 14;
const DAY: TimeDelta = TimeDelta::days(1);

async fn slots(dynamo: &Dynamo, count: usize, now: impl Fn(usize) -> DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let instances: Vec<MailRate> = (0..10).map(|_| MailRate::new(dynamo.instance(), RATE)).collect();
    let taken =
        join_all((0..count).map(|i| instances[i % instances.len()].reserve(MailSchedule::Account, 1, now(i), DAY)))
            .await;
    let mut slots: Vec<DateTime<Utc>> = taken.into_iter().map(|slot| slot.unwrap().unwrap()).collect();
    slots.sort();
    slots
}

/// The largest number of slots within one second.
fn most_a_second(slots: &[DateTime<Utc>]) -> usize {
    let in_second_of = |first: &DateTime<Utc>| {
        slots.iter().filter(|slot| (*first..*first + TimeDelta::seconds(1)).contains(slot)).count()
    };
    slots.iter().map(in_second_of).max().unwrap()
}

#[tokio::test]
async fn a_burst_gets_one_second_of_mails_at_once_and_the_rest_at_the_rate() {
    let dynamo = Dynamo::start().await;
    let slots = slots(&dynamo, 200, |_| at(0)).await;
    assert_eq!(slots.len(), 200);
    assert_eq!(
        slots.iter().filter(|slot| **slot == at(0)).count(),
        RATE as usize,
        "the mails of one second are sent at once"
    );
    assert!(most_a_second(&slots) <= 2 * RATE as usize, "{slots:?}");
    assert!(most_a_second(&slots[RATE as usize..]) <= RATE as usize, "{slots:?}");
    let (last, earliest) = (slots[199], at(1000 * (199 - i64::from(RATE)) / i64::from(RATE)));
    assert!(
        (earliest..earliest + TimeDelta::seconds(1)).contains(&last),
        "the last slot is not later than needed: {last}"
    );
}

#[tokio::test]
async fn no_two_future_slots_are_the_same() {
    let dynamo = Dynamo::start().await;
    let mut ahead = slots(&dynamo, 100, |_| at(0)).await.split_off(RATE as usize);
    ahead.extend(slots(&dynamo, 100, |_| at(0)).await);
    ahead.sort();
    let gap = TimeDelta::microseconds(1_000_000 / i64::from(RATE));
    assert!(ahead.windows(2).all(|pair| pair[1] - pair[0] >= gap), "{ahead:?}");
}

#[tokio::test]
async fn an_instance_with_a_slow_clock_does_not_set_the_schedule_back() {
    let dynamo = Dynamo::start().await;
    let slots = slots(&dynamo, 200, |i| if i % 2 == 0 { at(0) } else { at(-60_000) }).await;
    let ahead: Vec<_> = slots.into_iter().filter(|slot| *slot > at(0)).collect();
    assert!(ahead.len() >= 200 - 4 * RATE as usize, "{}", ahead.len());
    assert!(most_a_second(&ahead) <= RATE as usize, "{ahead:?}");
}

#[tokio::test]
async fn after_a_pause_only_one_second_of_mails_is_sent_at_once() {
    let dynamo = Dynamo::start().await;
    slots(&dynamo, 5, |_| at(0)).await;
    let later = slots(&dynamo, 40, |_| at(3_600_000)).await;
    assert_eq!(later.iter().filter(|slot| **slot == at(3_600_000)).count(), RATE as usize);
}

#[tokio::test]
async fn a_slot_beyond_the_horizon_is_not_reserved() {
    let dynamo = Dynamo::start().await;
    let rate = MailRate::new(dynamo.instance(), 1);
    let reserve = async |count, seconds| {
        rate.reserve(MailSchedule::Account, count, at(0), TimeDelta::seconds(seconds)).await.unwrap()
    };
    assert_eq!(reserve(61, 0).await, Some(at(59_000)), "the last of 61 e-mails, the first of which is due at once");
    assert_eq!(reserve(1, 59).await, None);
    assert_eq!(reserve(1, 60).await, Some(at(60_000)), "the rejected call has reserved nothing");
}

#[tokio::test]
async fn every_tenant_has_its_own_schedule() {
    let dynamo = Dynamo::start().await;
    let rate = MailRate::new(dynamo.instance(), 1);
    let [busy, quiet] = ["busy", "quiet"].map(fixtures::tenant);
    let reserve = async |schedule| rate.reserve(schedule, 100, at(0), DAY).await.unwrap();
    let first = reserve(MailSchedule::Tenant(&busy)).await;
    assert!(reserve(MailSchedule::Tenant(&busy)).await > first);
    assert_eq!(reserve(MailSchedule::Tenant(&quiet)).await, first);
    assert_eq!(reserve(MailSchedule::Account).await, first);
}
