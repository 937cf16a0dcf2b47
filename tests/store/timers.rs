use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
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
struct Sent(Mutex<Vec<Timer>>);

impl TimerQueue for Sent {
    async fn send_timers(&self, timers: &[Timer], _: DateTime<Utc>) -> Vec<Result<(), StoreError>> {
        self.0.lock().unwrap().extend(timers.iter().cloned());
        timers.iter().map(|_| Ok(())).collect()
    }
}

impl Sent {
    fn take(&self) -> Vec<Timer> {
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
async fn a_scan_finds_what_falls_due_and_nothing_else() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&given::tenant("demo"));
    let soon = stored_coupon(&store, "SOON", json!({"expires_at": at(90_000)})).await;
    stored_coupon(&store, "YEARS", json!({"expires_at": at(0) + TimeDelta::days(2000)})).await;
    let sent = Sent::default();
    scan(&table, &sent, at(0)).await.unwrap();
    assert_eq!(sent.take(), [timer_of(&soon)]);
    let later = at(0) + TimeDelta::days(2000) - TimeDelta::seconds(30);
    table.save_scan_progress(later, later).await.unwrap();
    scan(&table, &sent, later).await.unwrap();
    assert_eq!(sent.take().len(), 1);
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
    let after_outage = at(3 * 3_600_000);
    for _ in 0..2 {
        scan(&table, &sent, after_outage).await.unwrap();
        let mut caught_up = sent.take();
        caught_up.sort_by_key(|timer| timer.due_at);
        assert_eq!(caught_up, missed.iter().map(timer_of).collect::<Vec<_>>());
    }
    for coupon in &missed {
        assert!(store.expire_coupon(&coupon.id, coupon.terms.expires_at.unwrap(), &timer_of(coupon)).await.unwrap());
    }
    scan(&table, &sent, after_outage).await.unwrap();
    assert!(sent.take().is_empty());
}

#[tokio::test]
async fn an_expiry_fires_once_however_many_claim_it() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "EARLYBIRD25", json!({"expires_at": at(1000)})).await;
    let timer = timer_of(&coupon);
    let fired = join_all((0..8).map(|_| store.expire_coupon(&coupon.id, at(1000), &timer))).await;
    assert_eq!(fired.into_iter().filter(|fired| *fired.as_ref().unwrap()).count(), 1);
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().status(at(1000)), Status::Expired);
}

#[tokio::test]
async fn a_paused_coupon_never_expires_and_a_moved_expiry_does_not_fire() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "PAUSED1", json!({"expires_at": at(1000)})).await;
    assert!(!store.expire_coupon(&coupon.id, at(999), &timer_of(&coupon)).await.unwrap());
    assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert!(!store.expire_coupon(&coupon.id, at(1000), &timer_of(&coupon)).await.unwrap());
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().state, State::Paused);
}
