//! [`CouponHarness`]: one coupon on its own table, and the actions of a shop, an operator, timers
//! and the relay on this coupon.

use couponflow_app::coupons::edit;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::FireOutcome;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason};
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, Checkout, Redemption};
use couponflow_tests::fixtures::apply_codes;
use couponflow_tests::fixtures::{at, purchase_body, stored_coupon};
use couponflow_tests::relayed::{RelayOutput, Stream};
use couponflow_tests::table::Dynamo;
use couponflow_tests::{due, fixtures};
use serde_json::Value;

use crate::instance::RedeemInstance;

const ANA: &str = "ana@example.com";

/// One coupon, `FLASH20`, and the actors around it.
pub(crate) struct CouponHarness {
    pub(crate) dynamo: Dynamo,
    table: Table,
    pub(crate) store: TenantStore,
    pub(crate) id: CouponId,
    /// An instance of the redeem function, which keeps its cache between requests.
    pub(crate) shop: RedeemInstance,
    stream: Stream,
}

impl CouponHarness {
    /// Stores the coupon `FLASH20` with these terms on a new table.
    pub(crate) async fn with(terms: Value) -> Self {
        let dynamo = Dynamo::start().await;
        let table = dynamo.instance();
        let store = table.of(&fixtures::tenant("demo"));
        let id = stored_coupon(&store, "FLASH20", terms).await.id;
        let (shop, stream) = (RedeemInstance::of(&dynamo), Stream::of(&dynamo));
        Self { dynamo, table, store, id, shop, stream }
    }

    /// Reads the coupon.
    pub(crate) async fn coupon(&self) -> Coupon {
        self.store.coupon(&self.id).await.unwrap().unwrap()
    }

    /// Replaces the coupon's terms by those of [`fixtures::coupon`] with `terms`.
    pub(crate) async fn edit(&self, terms: Value, now_ms: i64) -> CouponEditOutcome {
        let terms = fixtures::coupon("FLASH20", terms).terms;
        edit::edit(&self.store, &self.id, |_| true, |_| Ok(terms.clone()), at(now_ms)).await.unwrap()
    }

    /// Replaces the coupon's terms and returns the coupon. Panics if the edit is rejected.
    pub(crate) async fn edited(&self, terms: Value, now_ms: i64) -> Coupon {
        match self.edit(terms, now_ms).await {
            CouponEditOutcome::Done(coupon) => *coupon,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn redeem(&self, order: &str, now_ms: i64) -> Result<Redemption, Rejection> {
        self.shop.redeem("FLASH20", order, ANA, now_ms).await
    }

    /// Redeems the orders `<orders>_0`, `<orders>_1`, … at one instant.
    pub(crate) async fn redeem_many(&self, orders: &str, number: usize, now_ms: i64) {
        for i in 0..number {
            self.redeem(&format!("{orders}_{i}"), now_ms).await.unwrap();
        }
    }

    pub(crate) async fn roll_back(&self, redemption: &Redemption, now_ms: i64) {
        let request = CorrelationId::new(format!("rollback-{}", redemption.id));
        let reason = RollbackReason::Refunded;
        roll_back(&self.store, &redemption.id, reason, at(now_ms), &request).await.unwrap().unwrap();
    }

    pub(crate) async fn apply(&self, order: &str, now_ms: i64) -> Result<Application, Rejection> {
        self.apply_body(&purchase_body("FLASH20", order, ANA), now_ms).await
    }

    pub(crate) async fn apply_body(&self, body: &Value, now_ms: i64) -> Result<Application, Rejection> {
        let checkout = input::read(body, Checkout::read).unwrap();
        let request = format!("apply-{}-{now_ms}", checkout.order.id);
        let applied = apply_codes(&self.store, &checkout, at(now_ms), &request).await.unwrap().remove(0);
        applied.outcome.map_err(|rejection| rejection.rejection)
    }

    /// Fires every due timer.
    pub(crate) async fn fire_due(&self, now_ms: i64) -> Vec<FireOutcome> {
        due::fire_due(&self.dynamo, at(now_ms)).await
    }

    /// Relays all changes since the last call.
    pub(crate) async fn relay(&mut self) -> RelayOutput {
        self.stream.relay(&self.table, at(0)).await
    }

    /// Relays the whole stream again from the beginning.
    pub(crate) async fn relay_again(&self) -> RelayOutput {
        Stream::of(&self.dynamo).relay(&self.table, at(0)).await
    }

    /// Reads the coupon's statistics: the total, and the first three days of the test.
    pub(crate) async fn statistics(&self) -> (Statistics, Vec<(String, Statistics)>) {
        let (from, to) = (at(0).date_naive(), at(2 * 86_400_000).date_naive());
        let query = StatisticsQuery { coupon_id: Some(self.id.clone()), from, to };
        let (total, days) = self.store.statistics(&query).await.unwrap();
        (total, days.into_iter().map(|(day, counts)| (day.to_string(), counts)).collect())
    }
}
