//! The published events and the statistics of a coupon after a test.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::page::PageRequest;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures::at;

use crate::event_summary::EventSummary;

/// 80 days in milliseconds: later than every event of a test, and earlier than the expiry of log
/// entries.
const END_OF_TEST: i64 = 80 * 86_400_000;

/// Statistics as name and count, without zeros.
pub(crate) type Counts = Vec<(String, i64)>;

/// The events and statistics of a coupon.
#[derive(Debug, PartialEq)]
pub(crate) struct RecordedOutcome {
    /// Published events by id, so that a repeated event counts once.
    pub(crate) events: BTreeMap<String, EventSummary>,
    pub(crate) statistics: Counts,
    pub(crate) by_day: BTreeMap<NaiveDate, Counts>,
    pub(crate) attempts_on_no_coupon: i64,
}

impl RecordedOutcome {
    /// Reads the events and statistics. Asserts that the log contains the published events, that
    /// the days add up to the total, and that the number of applications equals the coupon's
    /// `times_applied`.
    pub(crate) async fn of(store: &TenantStore, coupon_id: &CouponId, output: &[Event]) -> Self {
        let mut events = BTreeMap::new();
        for event in output {
            let (id, published) = (event.id().as_str().to_owned(), EventSummary::from(event));
            let before = events.insert(id, published.clone());
            assert!(
                before.is_none_or(|before| before == published),
                "two different events share the id of {published:?}"
            );
        }
        assert_eq!(
            log(store, coupon_id).await,
            events.keys().cloned().collect::<Vec<_>>(),
            "the log holds each published event once"
        );

        let days =
            |coupon_id| StatisticsQuery { coupon_id, from: at(0).date_naive(), to: at(END_OF_TEST).date_naive() };
        let (statistics, by_day) = store.statistics(&days(Some(coupon_id.clone()))).await.unwrap();
        let by_day: BTreeMap<_, _> = by_day.into_iter().map(|(day, statistics)| (day, statistics.entries())).collect();
        assert_eq!(sum(&by_day), statistics.entries(), "the days add up to the total");
        let applied = store.coupon(coupon_id).await.unwrap().unwrap().times_applied;
        assert_eq!(applied, statistics.applied);
        let (of_no_coupon, _) = store.statistics(&days(None)).await.unwrap();
        let attempts_on_no_coupon = of_no_coupon.rejected.get(&Rejection::CouponNotFound).copied().unwrap_or(0);
        Self { events, statistics: statistics.entries(), by_day, attempts_on_no_coupon }
    }

    pub(crate) fn published(&self) -> Vec<EventSummary> {
        let mut published: Vec<EventSummary> = self.events.values().cloned().collect();
        published.sort_unstable();
        published
    }
}

fn sum(by_day: &BTreeMap<NaiveDate, Counts>) -> Counts {
    let mut sum = Statistics::default();
    assert!(by_day.values().flatten().all(|(name, count)| sum.add(name, *count)), "every count is known");
    sum.entries()
}

/// Reads the event ids in the log, sorted.
async fn log(store: &TenantStore, coupon_id: &CouponId) -> Vec<String> {
    let query = EventQuery { coupon_id: Some(coupon_id.clone()), ..EventQuery::default() };
    let now = at(END_OF_TEST);
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.events(&query, &PageRequest { limit: 100, cursor }, now).await.unwrap();
        ids.extend(page.data.iter().map(|event| event["detail"]["metadata"]["event_id"].as_str().unwrap().to_owned()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            ids.sort_unstable();
            return ids;
        }
    }
}
