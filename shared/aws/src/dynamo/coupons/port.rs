//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_app::coupons::ports::{Code, CouponQuery, CouponStore, CreateOutcome, StatisticsQuery, WakeTimer};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, ListedCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, Edit, State};
use couponflow_domain::coupons::job::Job;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId, JobId};
use couponflow_domain::kernel::span::Span;
use couponflow_domain::tenants::quota::QuotaExceeded;
use couponflow_domain::timers::timer::Timer;

use crate::dynamo::engine::tenant_store::TenantStore;

impl CouponStore for TenantStore {
    async fn coupon(&self, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
        self.coupon(id).await
    }

    async fn code(&self, code: &CouponCode) -> Result<Option<Code>, StoreError> {
        self.code(code).await
    }

    async fn create_coupon(&self, coupon: &Coupon) -> Result<CreateOutcome, StoreError> {
        self.create_coupon(coupon).await
    }

    async fn set_state(&self, coupon: &Coupon, state: State, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.set_state(coupon, state, now).await
    }

    async fn edit_coupon(&self, coupon: &Coupon, edit: &Edit, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.edit_coupon(coupon, edit, now).await
    }

    async fn edit_coupon_for(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        effect: &str,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.edit_coupon_for(coupon, edit, effect, execution, now).await
    }

    async fn was_edited_for(&self, effect: &str) -> Result<bool, StoreError> {
        self.was_edited_for(effect).await
    }

    async fn delete_coupon(&self, coupon: &Coupon, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.delete_coupon(coupon, now).await
    }

    async fn coupons(
        &self,
        query: CouponQuery,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> Result<Page<Coupon>, StoreError> {
        self.coupons(query, page, now).await
    }

    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.expire_coupon(id, expires_at).await
    }

    async fn announce_expiry(
        &self,
        id: &CouponId,
        expires_at: DateTime<Utc>,
        lead: Span,
        timer: &Timer,
    ) -> Result<bool, StoreError> {
        self.announce_expiry(id, expires_at, lead, timer).await
    }

    async fn issue_code(
        &self,
        code: &CouponCode,
        job: &Job,
        place: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.issue_code(code, job, place, now).await
    }

    async fn unique_codes(
        &self,
        coupon: &CouponId,
        status: Option<CodeStatus>,
        page: &PageRequest,
    ) -> Result<Page<UniqueCode>, StoreError> {
        self.unique_codes(coupon, status, page).await
    }

    async fn store_job_codes(&self, job: &JobId, run: i64, codes: &[ListedCode]) -> Result<(), StoreError> {
        self.store_job_codes(job, run, codes).await
    }

    async fn job_codes(&self, job: &JobId, run: i64) -> Result<Vec<ListedCode>, StoreError> {
        self.job_codes(job, run).await
    }

    async fn create_job(&self, job: &Job, quota: i64) -> Result<Result<(), QuotaExceeded>, StoreError> {
        self.create_job(job, quota).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        self.job(id).await
    }

    async fn save_job(&self, job: &Job, issued: i64, timer: &Timer, wake: &WakeTimer) -> Result<bool, StoreError> {
        self.save_job(job, issued, timer, wake).await
    }

    async fn statistics(
        &self,
        query: &StatisticsQuery,
    ) -> Result<(Statistics, Vec<(NaiveDate, Statistics)>), StoreError> {
        self.statistics(query).await
    }
}
