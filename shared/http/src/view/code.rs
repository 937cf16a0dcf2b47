//! Views of unique codes and of the jobs that issue unique codes. The views are JSON; unique codes
//! are also available as CSV.

use chrono::{DateTime, SecondsFormat, Utc};
use couponflow_domain::coupons::code::{self, CodeStatus, CouponCode};
use couponflow_domain::coupons::job::{self, JobStatus};
use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
use schemars::JsonSchema;
use serde::Serialize;

/// A unique code of a coupon. Each unique code can be redeemed once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UniqueCode {
    /// The code.
    code: CouponCode,
    /// Current status.
    status: CodeStatus,
    /// Time at which the code was issued.
    created_at: DateTime<Utc>,
    /// Time at which the code was redeemed. Null if the code is not redeemed.
    redeemed_at: Option<DateTime<Utc>>,
    /// Id of the redemption. Null if the code is not redeemed.
    redemption_id: Option<RedemptionId>,
}

impl From<&code::UniqueCode> for UniqueCode {
    fn from(code: &code::UniqueCode) -> Self {
        Self {
            code: code.code.clone(),
            status: code.status(),
            created_at: code.created_at,
            redeemed_at: code.redeemed_at,
            redemption_id: code.redemption_id.clone(),
        }
    }
}

/// Header line of the CSV export of unique codes.
pub const UNIQUE_CODE_HEADER: &str = "code,status,created_at,redeemed_at,redemption_id\r\n";

/// Returns the CSV line of a unique code. No value needs quoting.
pub fn unique_code_row(code: &code::UniqueCode) -> String {
    let instant = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let created_at = instant(code.created_at);
    let redeemed_at = code.redeemed_at.map(instant).unwrap_or_default();
    let redemption_id = code.redemption_id.as_ref().map_or("", |id| id.as_str());
    format!("{},{},{created_at},{redeemed_at},{redemption_id}\r\n", code.code.as_str(), code.status().into_str())
}

/// What a job does.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    /// Generates unique codes.
    GenerateCodes,
    /// Imports unique codes from a CSV file.
    ImportCodes,
}

/// A code that an import could not issue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobError {
    /// Line number in the imported file, starting at 1.
    line: i64,
    /// The code.
    code: CouponCode,
    /// Explanation of the error.
    detail: String,
}

/// A background job that issues unique codes, with its progress.
// Leaves out the seed of the job, because anyone who knows the seed can compute the codes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Job {
    /// Id of the job.
    id: JobId,
    /// What the job does.
    r#type: JobType,
    /// Id of the coupon that the codes belong to.
    coupon_id: CouponId,
    /// Current status.
    status: JobStatus,
    /// Reason why the job failed. Null if the job has not failed.
    reason: Option<String>,
    /// Number of codes to issue.
    count: i64,
    /// Number of codes processed so far, including codes that were not issued.
    done: i64,
    /// Number of codes that were not issued because the code was already taken.
    failed: i64,
    /// The first 1000 codes of an import that were not issued. Always empty for generated codes.
    errors: Vec<JobError>,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last progress.
    updated_at: DateTime<Utc>,
}

impl From<&job::Job> for Job {
    fn from(job: &job::Job) -> Self {
        let detail = "is or was the code of a coupon; choose another code";
        let errors = job.errors.iter().map(|taken| JobError {
            line: taken.line as i64,
            code: taken.code.clone(),
            detail: detail.to_owned(),
        });
        Self {
            id: job.id.clone(),
            r#type: match job.work {
                job::JobKind::GenerateCodes(_) => JobType::GenerateCodes,
                job::JobKind::ImportCodes => JobType::ImportCodes,
            },
            coupon_id: job.coupon_id.clone(),
            status: job.status,
            reason: job.reason.clone(),
            count: job.count,
            done: job.processed(),
            failed: job.failed,
            errors: errors.collect(),
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::coupons::code::{CouponCode, GenerateCodes, Seed};
    use couponflow_domain::coupons::job::JobKind;
    use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
    use couponflow_domain::kernel::input;
    use serde_json::json;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    #[test]
    fn csv_row_has_as_many_columns_as_the_header() {
        let code = code::UniqueCode {
            code: CouponCode::parse("VIP7K2M").unwrap(),
            coupon_id: CouponId::new(at(0), [1; 10]),
            created_at: at(1_000),
            redeemed_at: None,
            redemption_id: None,
            held: None,
        };
        assert_eq!(unique_code_row(&code), "VIP7K2M,available,1970-01-01T00:00:01Z,,\r\n");
        let id = RedemptionId::new(at(0), [2; 10]);
        let redeemed = code::UniqueCode { redeemed_at: Some(at(1_500)), redemption_id: Some(id.clone()), ..code };
        let row = format!("VIP7K2M,redeemed,1970-01-01T00:00:01Z,1970-01-01T00:00:01.500Z,{id}\r\n");
        assert_eq!(unique_code_row(&redeemed), row);
        assert_eq!(row.split(',').count(), UNIQUE_CODE_HEADER.split(',').count());
    }

    #[test]
    fn job_view_does_not_reveal_the_seed() {
        let wanted = input::read(&json!({"count": 5, "prefix": "VIP"}), GenerateCodes::read).unwrap();
        let work = JobKind::GenerateCodes(wanted.generator(Seed([[77; 10]; 4])));
        let job = job::Job::new(JobId::new(at(0), [1; 10]), CouponId::new(at(0), [2; 10]), work, 5, at(0));
        let shown = json!(Job::from(&job)).to_string();
        assert!(!shown.contains("seed") && !shown.contains("77"), "{shown}");
    }
}
