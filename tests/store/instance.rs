//! One instance of the redeem function.

use couponflow_app::cache::CouponCache;
use couponflow_app::ports::TenantStores as _;
use couponflow_app::redeem::{Redeemed, redeem};
use couponflow_aws::dynamo::Table;
use couponflow_domain::input;
use couponflow_domain::purchase::{RedeemRequest, Redemption};
use couponflow_domain::rejection::Rejection;
use couponflow_tests::given::{self, at, purchase};
use couponflow_tests::table::Dynamo;
use serde_json::Value;

/// One instance of the redeem function.
pub(crate) struct Instance {
    table: Table,
    cache: CouponCache,
}

impl Instance {
    pub(crate) fn of(dynamo: &Dynamo) -> Self {
        Self { table: dynamo.instance(), cache: CouponCache::default() }
    }

    pub(crate) async fn redeem(
        &self,
        code: &str,
        order: &str,
        email: &str,
        now_ms: i64,
    ) -> Result<Redemption, Rejection> {
        self.ask(RedeemRequest::Code(purchase(code, order, email)), now_ms).await
    }

    pub(crate) async fn redeem_body(&self, body: &Value, now_ms: i64) -> Result<Redemption, Rejection> {
        self.ask(input::read(body, RedeemRequest::read).unwrap(), now_ms).await
    }

    async fn ask(&self, request: RedeemRequest, now_ms: i64) -> Result<Redemption, Rejection> {
        let tenant = given::tenant("demo");
        match redeem(&self.table.of(&tenant), &self.cache, &tenant, request, at(now_ms), "request").await {
            Ok(Redeemed::Redemption(redemption)) => Ok(*redemption),
            Ok(Redeemed::Rejected(refusal)) => Err(refusal.rejection),
            other => panic!("{other:?}"),
        }
    }
}
