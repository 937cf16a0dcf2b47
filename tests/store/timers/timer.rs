//! Timers: scans, resends, overdue timers, progress of earlier versions, and expiry.

use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::coupons::edit::{CouponEditOutcome, edit};
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::expiry_scan::{Scanned, scan};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_app::timers::overdue::{Requeued, requeue_all};
use couponflow_app::timers::ports::{OverdueTimer, TimerQueue, TimerStore as _};
use couponflow_aws::dynamo::Table;
use couponflow_domain::coupons::coupon::{Coupon, State, Status};
use couponflow_domain::timers::timer::{MAX_RESENDS, Purpose, Timer};
use couponflow_tests::due::{FixedClock, fire_at, timer_attribute, timers};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::relayed::Stream;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

/// A fake queue that collects the timers that a scan sends. The flow tests cover the real queue.
#[derive(Default)]
pub(crate) struct SentTimers(Mutex<Vec<Timer>>);

impl TimerQueue for SentTimers {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        self.0.lock().unwrap().extend(timers.iter().cloned());
        timers.iter().map(|_| Ok(())).collect()
    }
}

impl SentTimers {
    pub(crate) fn take(&self) -> Vec<Timer> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Scans at `now`, without a deadline.
pub(crate) async fn run_scan(table: &Table, queue: &impl TimerQueue, now: DateTime<Utc>) -> Scanned {
    scan(table, queue, &FixedClock(now), DateTime::<Utc>::MAX_UTC).await
}

/// A fake queue that rejects every timer while it is down.
#[derive(Default)]
struct UnreliableQueue {
    is_down: Mutex<bool>,
    sent: SentTimers,
}

impl TimerQueue for UnreliableQueue {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        let is_down = *self.is_down.lock().unwrap();
        match is_down {
            true => timers.iter().map(|_| Err(StoreError::Busy { doing: "testing" })).collect(),
            false => self.sent.send_timers(timers).await,
        }
    }
}

async fn overdue_timers(table: &Table) -> Vec<OverdueTimer> {
    table.overdue_timers(&PageRequest { limit: 100, cursor: None }).await.unwrap().data
}

fn timer_of(coupon: &Coupon) -> Timer {
    Timer {
        tenant_id: fixtures::tenant("demo"),
        due_at: coupon.terms.expires_at.unwrap(),
        purpose: Purpose::CouponExpiry { coupon_id: coupon.id.clone() },
    }
}

#[tokio::test]
async fn a_scan_sends_each_due_timer_once_and_nothing_else() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let soon = stored_coupon(&store, "SOON", json!({"expires_at": at(140_000)})).await;
    stored_coupon(&store, "LATER", json!({"expires_at": at(0) + TimeDelta::hours(2)})).await;
    let sent = SentTimers::default();
    for (scan_at, expected) in [(-60_000, vec![]), (0, vec![timer_of(&soon)]), (60_000, vec![]), (120_000, vec![])] {
        run_scan(&table, &sent, at(scan_at)).await;
        assert_eq!(sent.take(), expected, "at {scan_at}");
    }
    run_scan(&table, &sent, at(0) + TimeDelta::hours(2) - TimeDelta::seconds(30)).await;
    assert_eq!(sent.take().len(), 2, "the timer that is due now, and the timer that never fired");
}

#[tokio::test]
async fn timers_due_during_an_outage_are_sent_until_they_have_fired() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let sent = SentTimers::default();
    run_scan(&table, &sent, at(0)).await;
    let missed: Vec<Coupon> =
        join_all((0..40).map(|i| {
            let store = store.clone();
            async move {
                stored_coupon(&store, &format!("MISSED{i}"), json!({"expires_at": at(i * 60_000 + 200_000)})).await
            }
        }))
        .await;
    let all: Vec<Timer> = missed.iter().map(timer_of).collect();
    let after_outage = 3_600_000;
    for (minutes, expected) in [(0, &all[..]), (1, &[]), (3, &[]), (4, &all[..]), (6, &[])] {
        run_scan(&table, &sent, at(after_outage + minutes * 60_000)).await;
        let mut caught_up = sent.take();
        caught_up.sort_by_key(|timer| timer.due_at);
        assert_eq!(caught_up, expected, "{minutes} minutes after the outage");
    }
    for coupon in &missed {
        assert!(store.expire_coupon(&coupon.id, coupon.terms.expires_at.unwrap()).await.unwrap());
    }
    run_scan(&table, &sent, at(after_outage + 20 * 60_000)).await;
    assert!(sent.take().is_empty());
}

#[tokio::test]
async fn a_timer_that_never_fires_is_resent_and_listed_as_overdue() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "STUCK", json!({"expires_at": at(1000)})).await;
    let sent = SentTimers::default();
    let minute = |minute: i64| at(minute * 60_000);
    run_scan(&table, &sent, minute(0)).await;
    assert_eq!(sent.take(), [timer_of(&coupon)], "the timer is sent before it is due");
    table.mark_resent(&timer_of(&coupon), MAX_RESENDS - 2, minute(4)).await.unwrap();
    let (mut sent_at, mut listed, mut buckets) = (Vec::new(), 0, 0);
    for now in [6, 8, 12, 16, 75, 76, 77, 135, 136] {
        let scanned = run_scan(&table, &sent, minute(now)).await;
        sent_at.extend(sent.take().iter().map(|_| now));
        listed += scanned.listed;
        buckets = scanned.buckets;
    }
    assert_eq!((sent_at, listed), (vec![8, 12, 76, 136], 1), "every four minutes until it is listed, then every hour");
    assert!(buckets < 80, "an overdue timer must not slow scans down: {buckets} buckets");
    let overdue = overdue_timers(&table).await;
    assert_eq!((&overdue[0].timer, overdue[0].retry_at), (&timer_of(&coupon), Some(minute(196))));
    assert!(store.expire_coupon(&coupon.id, at(1000)).await.unwrap());
    run_scan(&table, &sent, minute(196)).await;
    assert!(
        sent.take().is_empty() && overdue_timers(&table).await.is_empty(),
        "a fired timer is neither sent nor listed"
    );
}

#[tokio::test]
async fn a_timer_is_not_counted_as_sent_while_the_queue_rejects_it() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "HELD", json!({"expires_at": at(50 * 60_000)})).await;
    let queue = UnreliableQueue::default();
    *queue.is_down.lock().unwrap() = true;
    for minute in [0, 48, 52, 90, 130] {
        run_scan(&table, &queue, at(minute * 60_000)).await;
    }
    assert!(overdue_timers(&table).await.is_empty(), "a timer that was never sent is not overdue");
    *queue.is_down.lock().unwrap() = false;
    run_scan(&table, &queue, at(131 * 60_000)).await;
    assert_eq!(queue.sent.take(), [timer_of(&coupon)]);
}

/// Sets a timer aside like earlier versions did.
async fn set_aside(dynamo: &Dynamo, table: &Table, timer: &Timer) {
    table.remove_timer(timer).await.unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = dynamo.client.put_item().table_name("couponflow").item("pk", text("timers#set-aside"));
    let put = put.item("sk", text(&timer.key())).item("kind", text("TIMER_SET_ASIDE"));
    put.item("timer", timer_attribute(timer)).send().await.unwrap();
}

#[tokio::test]
async fn a_timer_set_aside_by_an_earlier_version_is_listed_and_requeued() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "STUCK", json!({"expires_at": at(1000)})).await;
    let timer = timer_of(&coupon);
    set_aside(&dynamo, &table, &timer).await;
    let listed = [OverdueTimer { timer: timer.clone(), retry_at: None }];
    assert_eq!(overdue_timers(&table).await, listed);
    let now = at(40 * 86_400_000);
    let none = requeue_all(&table, Some(&fixtures::tenant("other")), now).await.unwrap();
    assert_eq!(none, Requeued { requeued: 0, has_more: false });
    let one = requeue_all(&table, Some(&fixtures::tenant("demo")), now).await.unwrap();
    assert_eq!(one, Requeued { requeued: 1, has_more: false });
    assert_eq!(requeue_all(&table, None, now).await.unwrap().requeued, 0, "a requeued timer is not requeued again");
    let sent = SentTimers::default();
    run_scan(&table, &sent, now).await;
    assert_eq!(sent.take(), std::slice::from_ref(&timer));
    assert!(table.is_set(&timer).await.unwrap(), "the timer is set and can be claimed");
    assert!(store.expire_coupon(&coupon.id, timer.due_at).await.unwrap());
    run_scan(&table, &sent, now + TimeDelta::hours(1)).await;
    assert!(sent.take().is_empty() && overdue_timers(&table).await.is_empty());
}

#[tokio::test]
async fn the_relay_sends_requeued_timers_but_not_resent_timers() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let timer = timer_of(&stored_coupon(&store, "STUCK", json!({"expires_at": at(1000)})).await);
    let mut stream = Stream::of(&dynamo);
    assert_eq!(stream.relay(&table, at(0)).await.timers, std::slice::from_ref(&timer));
    table.mark_resent(&timer, 1, at(240_000)).await.unwrap();
    table.list_overdue(&timer, at(500_000)).await.unwrap();
    assert!(stream.relay(&table, at(240_000)).await.timers.is_empty());
    set_aside(&dynamo, &table, &timer).await;
    requeue_all(&table, None, at(300_000)).await.unwrap();
    assert_eq!(stream.relay(&table, at(300_000)).await.timers, [timer]);
}

#[tokio::test]
async fn overdue_timers_are_listed_page_by_page() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let mut expected = Vec::new();
    for i in 0..9 {
        let timer = timer_of(&stored_coupon(&store, &format!("STUCK{i}"), json!({"expires_at": at(1000 + i)})).await);
        match i < 7 {
            true => table.list_overdue(&timer, at(500_000)).await.unwrap(),
            false => set_aside(&dynamo, &table, &timer).await,
        }
        expected.push(timer.key());
    }
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = table.overdue_timers(&PageRequest { limit: 2, cursor }).await.unwrap();
        assert!(page.data.len() <= 2);
        found.extend(page.data.into_iter().map(|overdue| overdue.timer.key()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn scan_progress_of_an_earlier_version_is_continued() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let (minute, number) = (60_000, |ms: i64| AttributeValue::N(at(ms).timestamp_millis().to_string()));
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = dynamo.client.put_item().table_name("couponflow").item("pk", text("scan")).item("sk", text("progress"));
    let put = put.item("kind", text("SCAN")).item("from_ms", number(0)).item("sent_through_ms", number(60 * minute));
    put.send().await.unwrap();
    let sent_before = stored_coupon(&store, "SENT", json!({"expires_at": at(60 * minute)})).await;
    let ahead = stored_coupon(&store, "AHEAD", json!({"expires_at": at(60 * minute + 1)})).await;
    let missed = stored_coupon(&store, "MISSED", json!({"expires_at": at(10 * minute)})).await;
    let sent = SentTimers::default();
    run_scan(&table, &sent, at(59 * minute)).await;
    let mut found = sent.take();
    found.sort_by_key(|timer| timer.due_at);
    assert_eq!(
        found,
        [timer_of(&missed), timer_of(&ahead)],
        "the timer of coupon {} was sent before and must not be sent again",
        sent_before.id
    );
}

#[tokio::test]
async fn an_expiry_fires_once_under_concurrency() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "EARLYBIRD25", json!({"expires_at": at(1000)})).await;
    let fired = join_all((0..8).map(|_| store.expire_coupon(&coupon.id, at(1000)))).await;
    assert_eq!(fired.into_iter().filter(|fired| *fired.as_ref().unwrap()).count(), 1);
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().status(at(1000)), Status::Expired);
}

#[tokio::test]
async fn a_paused_coupon_does_not_expire_and_activation_sets_its_timer_again() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "PAUSED1", json!({"expires_at": at(1000)})).await;
    assert!(!store.expire_coupon(&coupon.id, at(999)).await.unwrap());
    assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert!(!store.expire_coupon(&coupon.id, at(1000)).await.unwrap());
    let paused = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!(paused.state, State::Paused);
    remove_expiry_timer(&dynamo, &coupon).await;
    assert!(store.set_state(&paused, State::Active, at(2)).await.unwrap());
    assert!(dynamo.instance().is_set(&timer_of(&coupon)).await.unwrap(), "activation sets the expiry timer again");
}

#[tokio::test]
async fn a_moved_expiry_fires_only_at_its_new_instant() {
    for (old, new) in [(1000, 5000), (5000, 1000)] {
        let dynamo = Dynamo::start().await;
        let table = dynamo.instance();
        let store = table.of(&fixtures::tenant("demo"));
        let coupon = stored_coupon(&store, "MOVED", json!({"expires_at": at(old)})).await;
        let terms = fixtures::coupon("MOVED", json!({"expires_at": at(new)})).terms;
        let edited = edit(&store, &coupon.id, |_| true, |_| Ok(terms.clone()), at(500)).await.unwrap();
        assert!(matches!(edited, CouponEditOutcome::Done(_)), "{edited:?}");
        for due in [1000, 5000] {
            // The timer of the old instant may have been sent before the edit.
            let timer = Timer { due_at: at(due), ..timer_of(&coupon) };
            let expected = if due == new { FireOutcome::Done } else { FireOutcome::Void };
            assert_eq!(fire_at(&dynamo, &timer, at(due)).await, expected, "moved from {old} to {new}, fired at {due}");
        }
        assert_eq!(timers(&dynamo).await, []);
        let expired = Stream::of(&dynamo).relay(&table, at(5000)).await.of("CouponExpired");
        assert_eq!(expired.iter().map(|event| event.metadata.occurred_at).collect::<Vec<_>>(), [at(new)]);
    }
}

async fn remove_expiry_timer(dynamo: &Dynamo, coupon: &Coupon) {
    dynamo.instance().remove_timer(&timer_of(coupon)).await.unwrap();
}
