use std::sync::Mutex;

use chrono::TimeDelta;
use couponflow_app::error::StoreError;
use couponflow_app::expiry_scan::scan;
use couponflow_app::ports::{
    Expiry as _, ReadCoupons as _, TenantStores as _, TimerQueue, Timers as _, WriteCoupons as _,
};
use couponflow_domain::coupon::{Coupon, State, Status};
use couponflow_domain::timer::{Purpose, Timer};
use couponflow_tests::given::{self, at, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

/// Collects what a scan sends; the queue itself is part of the flow tests.
#[derive(Default)]
pub(crate) struct Sent(Mutex<Vec<Timer>>);

impl TimerQueue for Sent {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        self.0.lock().unwrap().extend(timers.iter().cloned());
        timers.iter().map(|_| Ok(())).collect()
    }
}

impl Sent {
    pub(crate) fn take(&self) -> Vec<Timer> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn timer_of(coupon: &Coupon) -> Timer {
    Timer {
        tenant_id: given::tenant("demo"),
        due_at: coupon.terms.expires_at.unwrap(),
        purpose: Purpose::CouponExpiry { coupon_id: coupon.id.clone() },
    }
}

#[tokio::test]
async fn a_scan_sends_what_falls_due_once_and_nothing_else() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&given::tenant("demo"));
    let soon = stored_coupon(&store, "SOON", json!({"expires_at": at(140_000)})).await;
    stored_coupon(&store, "YEARS", json!({"expires_at": at(0) + TimeDelta::days(2000)})).await;
    let sent = Sent::default();
    for (scan_at, expected) in [(-60_000, vec![]), (0, vec![timer_of(&soon)]), (60_000, vec![]), (120_000, vec![])] {
        scan(&table, &sent, at(scan_at)).await.unwrap();
        assert_eq!(sent.take(), expected, "at {scan_at}");
    }
    scan(&table, &sent, at(0) + TimeDelta::days(2000) - TimeDelta::seconds(30)).await.unwrap();
    assert_eq!(sent.take().len(), 2, "the one of years ahead, and the one that never fired");
}

#[tokio::test]
async fn what_fell_due_in_an_outage_is_caught_up_until_it_has_fired() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&given::tenant("demo"));
    let sent = Sent::default();
    scan(&table, &sent, at(0)).await.unwrap();
    let missed: Vec<Coupon> =
        join_all((0..40).map(|i| {
            let store = store.clone();
            async move {
                stored_coupon(&store, &format!("MISSED{i}"), json!({"expires_at": at(i * 60_000 + 200_000)})).await
            }
        }))
        .await;
    let all: Vec<Timer> = missed.iter().map(timer_of).collect();
    let after_outage = 3 * 3_600_000;
    for (minutes, expected) in [(0, &all[..]), (1, &all[..]), (2, &[]), (3, &[]), (6, &all[..])] {
        scan(&table, &sent, at(after_outage + minutes * 60_000)).await.unwrap();
        let mut caught_up = sent.take();
        caught_up.sort_by_key(|timer| timer.due_at);
        assert_eq!(caught_up, expected, "{minutes} minutes after the outage");
    }
    for coupon in &missed {
        assert!(store.expire_coupon(&coupon.id, coupon.terms.expires_at.unwrap()).await.unwrap());
    }
    scan(&table, &sent, at(after_outage + 20 * 60_000)).await.unwrap();
    assert!(sent.take().is_empty());
}

#[tokio::test]
async fn a_timer_that_never_fires_is_set_aside_in_the_end() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "STUCK", json!({"expires_at": at(1000)})).await;
    let sent = Sent::default();
    let mut times = 0;
    let mut set_aside = 0;
    for minute in (0..200).step_by(4) {
        let scanned = scan(&table, &sent, at(minute * 60_000)).await.unwrap();
        times += sent.take().len();
        set_aside += scanned.set_aside;
    }
    assert_eq!((times, set_aside), (31, 1), "once in time, thirty times overdue");
    assert!(table.timers_in(timer_of(&coupon).bucket()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_expiry_fires_once_however_many_claim_it() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "EARLYBIRD25", json!({"expires_at": at(1000)})).await;
    let fired = join_all((0..8).map(|_| store.expire_coupon(&coupon.id, at(1000)))).await;
    assert_eq!(fired.into_iter().filter(|fired| *fired.as_ref().unwrap()).count(), 1);
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().status(at(1000)), Status::Expired);
}

#[tokio::test]
async fn a_paused_coupon_never_expires_and_a_moved_expiry_does_not_fire() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "PAUSED1", json!({"expires_at": at(1000)})).await;
    assert!(!store.expire_coupon(&coupon.id, at(999)).await.unwrap());
    assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert!(!store.expire_coupon(&coupon.id, at(1000)).await.unwrap());
    let paused = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!(paused.state, State::Paused);
    table_without_timers(&dynamo, &coupon).await;
    assert!(store.set_state(&paused, State::Active, at(2)).await.unwrap());
    assert_eq!(dynamo.instance().timers_in(timer_of(&coupon).bucket()).await.unwrap().len(), 1, "it can expire again");
}

async fn table_without_timers(dynamo: &Dynamo, coupon: &Coupon) {
    dynamo.instance().remove_timer(&timer_of(coupon)).await.unwrap();
}
