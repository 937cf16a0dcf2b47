//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::purchases::ports::{
    CommitOutcome, HoldOutcome, PendingRedemption, PurchaseStore, RedemptionQuery, RollbackOutcome,
};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Application, Redemption, RejectedAttempt, Rollback};
use couponflow_domain::timers::timer::Timer;

use crate::dynamo::engine::tenant_store::TenantStore;

impl PurchaseStore for TenantStore {
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &CorrelationId,
    ) -> Result<Option<Application>, StoreError> {
        self.record_application(application, coupon, correlation_id).await
    }

    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        self.application(id).await
    }

    async fn redeemed_by(&self, coupon_id: &CouponId, customer: &Customer) -> Result<i64, StoreError> {
        self.counted_redemptions(coupon_id, customer).await
    }

    async fn application_for_order(
        &self,
        coupon_id: &CouponId,
        order_id: &str,
    ) -> Result<Option<Application>, StoreError> {
        self.application_for_order(coupon_id, order_id).await
    }

    async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Result<HoldOutcome, StoreError> {
        self.hold(application, coupon, now, correlation_id).await
    }

    async fn expire_hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        timer: &Timer,
        was_redeemed: bool,
    ) -> Result<bool, StoreError> {
        self.expire_hold(application, coupon, timer, was_redeemed).await
    }

    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> Result<bool, StoreError> {
        self.remove_application(application, coupon).await
    }

    async fn has_redeemed_since(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        since: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.has_redeemed_since(coupon_id, customer, since).await
    }

    async fn abandon(&self, application: &Application, timer: &Timer) -> Result<bool, StoreError> {
        self.abandon(application, timer).await
    }

    async fn rearm_abandonment(&self, application: &Application, timer: &Timer) -> Result<bool, StoreError> {
        self.rearm_abandonment(application, timer).await
    }

    async fn commit_redemptions(
        &self,
        claims: &[PendingRedemption],
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Result<CommitOutcome, StoreError> {
        self.commit_redemptions(claims, now, correlation_id).await
    }

    async fn redemption_of_code(&self, code: &CouponCode) -> Result<Option<Redemption>, StoreError> {
        self.active_redemption(code).await
    }

    async fn redemption_for_order(
        &self,
        coupon_id: &CouponId,
        order_id: &str,
    ) -> Result<Option<Redemption>, StoreError> {
        self.redemption_for_order(coupon_id, order_id).await
    }

    async fn redemption(&self, id: &RedemptionId) -> Result<Option<Redemption>, StoreError> {
        self.redemption(id).await
    }

    async fn redemptions(&self, query: &RedemptionQuery, page: &PageRequest) -> Result<Page<Redemption>, StoreError> {
        self.page_of_redemptions(query, page).await
    }

    async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &CorrelationId,
    ) -> Result<RollbackOutcome, StoreError> {
        self.roll_back(redemption, rollback, coupon, correlation_id).await
    }

    async fn record_rejection(
        &self,
        attempt: &RejectedAttempt,
        coupon: Option<&CouponSnapshot>,
    ) -> Result<(), StoreError> {
        self.record_rejection(attempt, coupon).await
    }
}
