//! Pausing and activating coupons.

use couponflow_app::coupons::edit::delete;
use couponflow_app::coupons::switch::{SwitchOutcome, switch};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_tests::fixtures::{at, stored_coupon, tenant};
use couponflow_tests::table::Dynamo;
use serde_json::json;

#[tokio::test]
async fn a_coupon_is_paused_and_activated_but_not_after_its_expiry_or_deletion() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&tenant("demo"));
    let coupon = stored_coupon(&store, "FLASH20", json!({"expires_at": "2024-10-04T01:00:00Z"})).await;
    let switched = async |to, now_ms| match switch(&store, &coupon.id, to, at(now_ms)).await.unwrap() {
        SwitchOutcome::Done(coupon) => Ok((coupon.state, coupon.version.get())),
        other => Err(other),
    };
    assert_eq!(switched(State::Paused, 1000).await, Ok((State::Paused, 2)));
    assert_eq!(switched(State::Paused, 2000).await, Ok((State::Paused, 2)), "pausing a paused coupon changes nothing");
    assert_eq!(switched(State::Active, 3000).await, Ok((State::Active, 3)));
    assert_eq!(switched(State::Paused, 3_600_000).await, Err(SwitchOutcome::Expired));
    delete(&store, &coupon.id, |_| true, at(4000)).await.unwrap();
    assert_eq!(switched(State::Paused, 5000).await, Err(SwitchOutcome::NotFound));
    let unknown = CouponId::new(at(0), [9; 10]);
    assert_eq!(switch(&store, &unknown, State::Paused, at(0)).await.unwrap(), SwitchOutcome::NotFound);
}
