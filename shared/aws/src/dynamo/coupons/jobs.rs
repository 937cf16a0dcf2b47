//! Stores jobs, and the lists of codes that imports read. A job issues codes in batches, and a run
//! processes one batch. Each job has one item, and saving its progress replaces the whole item.

use chrono::TimeDelta;
use couponflow_app::coupons::ports::WakeTimer;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::code::ListedCode;
use couponflow_domain::coupons::job::{Job, JobStatus};
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::tenants::quota::{QuotaExceeded, QuotaKind};
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde::{Deserialize, Serialize};

use super::stored_job::{StoredJob, StoredListedCode};
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Item, Stored, from_stored_json, n, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::failure::failed;

/// How long a list is kept after the creation of the job. Operators have this time to repair an
/// import that is stuck.
const LIST_KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Serialize, Deserialize)]
struct JobItem {
    revision: i64,
    /// The job as JSON; see [`StoredJob`].
    job: String,
}

impl Stored for JobItem {
    const KIND: &'static str = "JOB";
}

#[derive(Debug, Serialize, Deserialize)]
struct ListItem {
    /// Codes with their line numbers, as JSON.
    codes: String,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for ListItem {
    const KIND: &'static str = "JOB_LIST";
}

impl TenantStore {
    pub(crate) async fn store_job_codes(&self, job: &JobId, run: i64, codes: &[ListedCode]) -> Result<(), StoreError> {
        let doing = "storing a list of codes";
        let codes: Vec<StoredListedCode> = codes.iter().cloned().map(StoredListedCode::from).collect();
        let codes = serde_json::to_string(&codes).map_err(|error| failed(doing)(error.into()))?;
        let item = ListItem { codes, ttl: (job.instant() + LIST_KEPT).timestamp() };
        let item = to_item(self.keys.job_list(job, run), &item, doing)?;
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    pub(crate) async fn job_codes(&self, job: &JobId, run: i64) -> Result<Vec<ListedCode>, StoreError> {
        let doing = "reading a list of codes";
        let item: Option<ListItem> = self.table.get(self.keys.job_list(job, run), doing).await?;
        let missing = || StoreError::damaged(doing, format!("job {job} has no list {run}"));
        let codes: Vec<StoredListedCode> = parse(&item.ok_or_else(missing)?.codes, doing)?;
        Ok(codes.into_iter().map(ListedCode::from).collect())
    }

    pub(crate) async fn create_job(&self, job: &Job, quota: i64) -> Result<Result<(), QuotaExceeded>, StoreError> {
        let doing = "creating a job";
        let purpose = Purpose::JobStep { job_id: job.id.clone() };
        let timer = Timer { tenant_id: self.keys.tenant.clone(), due_at: job.created_at, purpose };
        let elements = vec![
            self.table.put_new(self.job_item(job, doing)?).element(doing)?,
            self.count_job(&job.id, quota, doing)?,
            self.put_timer(&timer, doing)?,
        ];
        match self.commit(elements, Change::of(&job.id), doing).await? {
            // If the first element failed, an earlier run of the same request has created the job.
            Transacted::Cancelled(reasons) if !reasons.failed_at(0) && reasons.failed_at(1) => {
                Ok(Err(QuotaExceeded { kind: QuotaKind::RunningJobs, quota }))
            }
            Transacted::Committed | Transacted::Cancelled(_) => Ok(Ok(())),
        }
    }

    pub(crate) async fn job(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        let doing = "reading a job";
        let item: Option<JobItem> = self.table.get(self.keys.job(id), doing).await?;
        item.map(|item| parse::<StoredJob>(&item.job, doing).map(Job::from)).transpose()
    }

    pub(crate) async fn save_job(
        &self,
        job: &Job,
        issued: i64,
        timer: &Timer,
        wake: &WakeTimer,
    ) -> Result<bool, StoreError> {
        let doing = "recording the progress of a job";
        let put = self
            .table
            .put(self.job_item(job, doing)?)
            .condition_expression("revision = :before")
            .expression_attribute_values(":before", n(job.revision.previous()));
        let mut elements = vec![put.element(doing)?];
        if issued > 0 {
            let counts = Statistics { issued, ..Statistics::default() };
            let day = self.keys.stats_of_day(Some(&job.coupon_id), job.updated_at.date_naive());
            for key in [self.keys.stats(&job.coupon_id), day] {
                elements.push(self.add_statistics(key, &counts).element(doing)?);
            }
        }
        if job.status != JobStatus::Running {
            elements.push(self.release_job(&job.id, doing)?);
        }
        if let WakeTimer::Replace(next) = wake {
            elements.push(self.put_timer(next, doing)?);
        }
        if *wake != WakeTimer::Keep {
            elements.push(self.table.delete(keys::timer(timer)).element(doing)?);
        }
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    fn job_item(&self, job: &Job, doing: &'static str) -> Result<Item, StoreError> {
        let json = serde_json::to_string(&StoredJob::from(job.clone())).map_err(|error| failed(doing)(error.into()))?;
        to_item(self.keys.job(&job.id), &JobItem { revision: job.revision.get(), job: json }, doing)
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str, doing: &'static str) -> Result<T, StoreError> {
    from_stored_json(json, "job", doing)
}
