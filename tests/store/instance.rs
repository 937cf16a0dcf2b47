//! [`RedeemInstance`]: one instance of the redeem function with its own cache.

use std::sync::atomic::{AtomicUsize, Ordering};

use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{RedeemRequest, Redemption};
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, checkout};
use couponflow_tests::table::Dynamo;
use serde_json::Value;

/// One instance of the redeem function. Several instances share a table but no memory.
pub(crate) struct RedeemInstance {
    table: Table,
    cache: CouponCache,
}

impl RedeemInstance {
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
        self.redeem_request(RedeemRequest::Checkout(checkout(code, order, email)), now_ms).await
    }

    pub(crate) async fn redeem_body(&self, body: &Value, now_ms: i64) -> Result<Redemption, Rejection> {
        self.redeem_request(input::read(body, RedeemRequest::read).unwrap(), now_ms).await
    }

    async fn redeem_request(&self, request: RedeemRequest, now_ms: i64) -> Result<Redemption, Rejection> {
        let tenant = fixtures::tenant("demo");
        self.redeem_all(request, &tenant, now_ms).await.map(|mut all| all.remove(0)).map_err(|mut all| all.remove(0))
    }

    /// Redeems all codes of a request. Returns every redemption, or every rejection.
    pub(crate) async fn redeem_all(
        &self,
        request: RedeemRequest,
        tenant: &TenantId,
        now_ms: i64,
    ) -> Result<Vec<Redemption>, Vec<Rejection>> {
        static REQUESTS: AtomicUsize = AtomicUsize::new(0);
        let request_id = CorrelationId::new(format!("request-{}", REQUESTS.fetch_add(1, Ordering::Relaxed)));
        match redeem(&self.table.of(tenant), &self.cache, tenant, request, at(now_ms), &request_id).await {
            Ok(Redeemed::Redemptions(redemptions)) => Ok(redemptions.into_vec()),
            Ok(Redeemed::Rejected(rejections)) => {
                Err(rejections.iter().map(|(_, rejection)| rejection.rejection).collect())
            }
            other => panic!("{other:?}"),
        }
    }
}
