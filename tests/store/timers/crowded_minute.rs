//! A minute with very many timers: several scans send them with bounded memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::timers::expiry_scan::scan;
use couponflow_app::timers::ports::{OverdueTimer, StoredTimer, TimerPage, TimerQueue, TimerStore};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::timers::timer::{BucketRange, Purpose, SHARDS, ScanProgress, Timer, minute_of};
use couponflow_tests::due::timer_attribute;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;

use crate::timers::timer::{SentTimers, run_scan};

const MINUTE_MS: i64 = 60_000;

/// Timer number `i` of `of`, spread over the minute that starts at `at(180_000)`.
fn timer(i: i64, of: i64) -> Timer {
    let due_at = at(3 * MINUTE_MS + i * MINUTE_MS / of);
    let mut bits = Bits80::default();
    bits[2..].copy_from_slice(&i.to_be_bytes());
    let execution_id = ExecutionId::new(at(0), bits);
    Timer { tenant_id: fixtures::tenant("demo"), due_at, purpose: Purpose::ExecutionWake { execution_id } }
}

/// A clock that stands still unless it is set. [`CrowdedMinute`] advances its clock for every page
/// that it returns.
struct AtomicClock(AtomicI64);

impl Clock for AtomicClock {
    fn now(&self) -> DateTime<Utc> {
        at(self.0.load(Ordering::SeqCst))
    }
}

impl Rng for AtomicClock {
    fn bits(&self) -> Bits80 {
        [0; 10]
    }
}

/// An in-memory fake of the timers of one minute and of the timer queue. A timer fires as soon as
/// it is sent.
struct CrowdedMinute {
    clock: AtomicClock,
    /// Simulated time for reading and sending one page.
    page_ms: i64,
    shards: Mutex<Vec<BTreeMap<String, Timer>>>,
    progress: Mutex<[Option<ScanProgress>; SHARDS as usize]>,
    /// The size of the last page of each shard, and the maximum of their sum.
    held: Mutex<([usize; SHARDS as usize], usize)>,
    sent: Mutex<BTreeMap<String, usize>>,
}

/// Page size of the table.
const PAGE_SIZE: usize = 500;

impl CrowdedMinute {
    fn of(number: i64, page_ms: i64) -> Self {
        let mut shards = vec![BTreeMap::new(); SHARDS.into()];
        for i in 0..number {
            let timer = timer(i, number);
            shards[i as usize % usize::from(SHARDS)].insert(timer.key(), timer);
        }
        Self {
            clock: AtomicClock(AtomicI64::new(0)),
            page_ms,
            shards: Mutex::new(shards),
            progress: Mutex::default(),
            held: Mutex::default(),
            sent: Mutex::default(),
        }
    }
}

impl TimerStore for CrowdedMinute {
    async fn timers_in(&self, shard: u8, range: &BucketRange) -> Result<TimerPage<StoredTimer>, StoreError> {
        self.clock.0.fetch_add(self.page_ms, Ordering::SeqCst);
        // Let the scans of the other shards continue.
        tokio::task::yield_now().await;
        let shards = self.shards.lock().unwrap();
        let bounds = (Bound::Excluded(range.after.as_str()), Bound::Included(range.through.as_str()));
        let in_range = shards[usize::from(shard)].range::<str, _>(bounds).map(|(_, timer)| timer);
        let mut found: Vec<&Timer> =
            in_range.filter(|timer| minute_of(timer.due_at) == range.minute).take(PAGE_SIZE + 1).collect();
        let next = (found.len() > PAGE_SIZE).then(|| found[PAGE_SIZE - 1].key());
        found.truncate(PAGE_SIZE);
        let mut held = self.held.lock().unwrap();
        held.0[usize::from(shard)] = found.len();
        held.1 = held.1.max(held.0.iter().sum());
        let stored =
            |timer: &Timer| StoredTimer { timer: timer.clone(), resends: 0, resent_at: None, is_listed: false };
        Ok(TimerPage { items: found.into_iter().map(stored).collect(), next })
    }

    async fn is_set(&self, timer: &Timer) -> Result<bool, StoreError> {
        Ok(self.shards.lock().unwrap().iter().any(|shard| shard.contains_key(&timer.key())))
    }

    async fn mark_resent(&self, _: &Timer, _: i64, _: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn list_overdue(&self, timer: &Timer, _: DateTime<Utc>) -> Result<(), StoreError> {
        panic!("{timer:?} is listed as overdue although it was sent at most once")
    }

    async fn overdue_in(&self, _: u8, _: &str, _: DateTime<Utc>) -> Result<TimerPage<OverdueTimer>, StoreError> {
        Ok(TimerPage { items: Vec::new(), next: None })
    }

    async fn postpone(&self, overdue: &OverdueTimer, _: DateTime<Utc>) -> Result<(), StoreError> {
        panic!("{overdue:?} is not listed")
    }

    async fn unlist(&self, overdue: &OverdueTimer) -> Result<(), StoreError> {
        panic!("{overdue:?} is not listed")
    }

    async fn scan_progress(&self, shard: u8) -> Result<Option<ScanProgress>, StoreError> {
        Ok(self.progress.lock().unwrap()[usize::from(shard)].clone())
    }

    async fn save_scan_progress(&self, shard: u8, progress: &ScanProgress) -> Result<(), StoreError> {
        self.progress.lock().unwrap()[usize::from(shard)] = Some(progress.clone());
        Ok(())
    }

    async fn remove_timer(&self, _: &Timer) -> Result<(), StoreError> {
        Ok(())
    }

    async fn set_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        unreachable!("a scan sets no timer: {timer:?}")
    }

    async fn overdue_timers(&self, _: &PageRequest) -> Result<Page<OverdueTimer>, StoreError> {
        unreachable!("a scan does not read the list for operators")
    }

    async fn requeue(&self, overdue: &OverdueTimer, _: DateTime<Utc>) -> Result<(), StoreError> {
        unreachable!("a scan does not requeue timers for operators: {overdue:?}")
    }
}

impl TimerQueue for CrowdedMinute {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        let (mut sent, mut shards) = (self.sent.lock().unwrap(), self.shards.lock().unwrap());
        for key in timers.iter().map(Timer::key) {
            shards.iter_mut().for_each(|shard| drop(shard.remove(&key)));
            *sent.entry(key).or_default() += 1;
        }
        timers.iter().map(|_| Ok(())).collect()
    }
}

#[tokio::test]
async fn two_hundred_thousand_timers_are_sent_once_with_bounded_memory() {
    let number = 200_000;
    let crowd = CrowdedMinute::of(number, 1000);
    let (mut scans, mut minute) = (0, 1);
    while crowd.shards.lock().unwrap().iter().any(|shard| !shard.is_empty()) {
        crowd.clock.0.store(minute * MINUTE_MS, Ordering::SeqCst);
        let deadline = crowd.clock.now() + TimeDelta::seconds(45);
        let scanned = scan(&crowd, &crowd, &crowd.clock, deadline).await;
        assert_eq!(scanned.failed, 0);
        // Each shard finishes the page in progress.
        assert!(crowd.clock.now() <= deadline + TimeDelta::seconds(SHARDS.into()), "the scan respects its deadline");
        (scans, minute) = (scans + 1, minute + 1);
        assert!(scans < 100, "the scans must end");
    }
    assert!((5..20).contains(&scans), "each scan continues where the previous one stopped: {scans} scans");
    let sent = crowd.sent.lock().unwrap();
    assert_eq!((sent.len() as i64, sent.values().max()), (number, Some(&1)));
    let most = crowd.held.lock().unwrap().1;
    assert!(most > 0 && most <= PAGE_SIZE * usize::from(SHARDS), "{most} timers were in memory at one time");
}

/// Number of timers for the tests on the table: more than one page per shard, but so few that
/// writing them takes at most a second. Each write of the stand-in examines all stream records.
const STORED: i64 = 2200;

/// Stores the timers with batch writes, because one transaction for each timer would take minutes.
async fn stored_crowd(dynamo: &Dynamo) {
    let all: Vec<Timer> = (0..STORED).map(|i| timer(i, STORED)).collect();
    let item = |timer: &Timer| {
        let text = |text: String| AttributeValue::S(text);
        let bucket = timer.bucket();
        PutRequest::builder()
            .item("pk", text(format!("timers#{}#{}", bucket.minute.format("%Y%m%dT%H%M"), bucket.shard)))
            .item("sk", text(timer.key()))
            .item("kind", text("TIMER".to_owned()))
            .item("tenant_id", text(timer.tenant_id.to_string()))
            .item("timer", timer_attribute(timer))
            .build()
            .unwrap()
    };
    for timers in all.chunks(25) {
        let puts = timers.iter().map(|timer| WriteRequest::builder().put_request(item(timer)).build());
        let write = dynamo.client.batch_write_item().request_items("couponflow", puts.collect());
        assert!(write.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    }
}

fn keys(sent: &[Timer]) -> BTreeSet<String> {
    sent.iter().map(Timer::key).collect()
}

#[tokio::test]
async fn a_crowded_minute_is_sent_by_scans_that_die_midway() {
    let dynamo = Dynamo::start().await;
    stored_crowd(&dynamo).await;
    let sent = SentTimers::default();
    let mut all = Vec::new();
    // The second scan takes 8 calls for its progress and 24 for empty buckets before it reaches the
    // timers.
    for calls in [0, 38] {
        run_scan(&dynamo.dying_instance(calls), &sent, at(2 * MINUTE_MS)).await;
        all.extend(sent.take());
    }
    assert!(
        !all.is_empty() && keys(&all).len() < STORED as usize,
        "the first two scans send some timers, but not all; they sent {}",
        all.len()
    );
    let last = run_scan(&dynamo.instance(), &sent, at(2 * MINUTE_MS)).await;
    assert_eq!(last.failed, 0);
    all.extend(sent.take());
    run_scan(&dynamo.instance(), &sent, at(2 * MINUTE_MS)).await;
    assert!(sent.take().is_empty(), "the last scan has sent all timers");
    let again = all.len() - keys(&all).len();
    assert_eq!(keys(&all).len() as i64, STORED);
    assert!(
        again <= PAGE_SIZE * usize::from(SHARDS),
        "{again} timers were sent twice; only pages whose progress was lost may be repeated"
    );
}

#[tokio::test]
async fn a_scan_stops_at_its_deadline_and_the_next_one_continues() {
    let dynamo = Dynamo::start().await;
    stored_crowd(&dynamo).await;
    let (table, sent) = (dynamo.instance(), SentTimers::default());
    let over = scan(&table, &sent, &AtomicClock(AtomicI64::new(0)), at(0)).await;
    assert!(over.is_cut_short && over.sent == 0, "a scan without time sends nothing");
    let (mut all, mut number) = (Vec::new(), 0);
    while all.len() < STORED as usize {
        // Each reading advances this clock by 1 s, and the scan reads the clock before each page.
        let clock = TickingClock(AtomicI64::new(2 * MINUTE_MS));
        let scanned = scan(&table, &sent, &clock, at(2 * MINUTE_MS + 12_000)).await;
        assert!(scanned.is_cut_short);
        all.extend(sent.take());
        number += 1;
        assert!(number < 100, "the scans must end");
    }
    run_scan(&table, &sent, at(2 * MINUTE_MS)).await;
    all.extend(sent.take());
    assert_eq!((all.len() as i64, keys(&all).len() as i64), (STORED, STORED), "each timer is sent once");
    assert!(number > 2, "only {number} scans were cut short");
}

/// A clock that advances by 1 s whenever it is read.
struct TickingClock(AtomicI64);

impl Clock for TickingClock {
    fn now(&self) -> DateTime<Utc> {
        at(self.0.fetch_add(1000, Ordering::SeqCst))
    }
}

impl Rng for TickingClock {
    fn bits(&self) -> Bits80 {
        [0; 10]
    }
}
