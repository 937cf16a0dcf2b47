//! Views of unique codes, as JSON and CSV, and of the jobs that issue unique codes.

use chrono::{DateTime, SecondsFormat, Utc};
use couponflow_domain::coupons::code::UniqueCode;
use couponflow_domain::coupons::job::Job;
use serde_json::{Value, json};

/// Represents a unique code.
pub fn unique_code(code: &UniqueCode) -> Value {
    json!({
        "code": code.code,
        "status": code.status(),
        "created_at": code.created_at,
        "redeemed_at": code.redeemed_at,
        "redemption_id": code.redemption_id,
    })
}

/// Returns the header line of the CSV export of unique codes.
pub fn unique_code_header() -> &'static str {
    "code,status,created_at,redeemed_at,redemption_id\r\n"
}

/// Returns the CSV line of a unique code. No value needs quoting.
pub fn unique_code_row(code: &UniqueCode) -> String {
    let instant = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let created_at = instant(code.created_at);
    let redeemed_at = code.redeemed_at.map(instant).unwrap_or_default();
    let redemption_id = code.redemption_id.as_ref().map_or("", |id| id.as_str());
    format!("{},{},{created_at},{redeemed_at},{redemption_id}\r\n", code.code, code.status().into_str())
}

/// Represents a job with its progress. Leaves out the job's seed, because the job's codes can be
/// derived from the seed.
pub fn job(job: &Job) -> Value {
    let detail = "is or was the code of a coupon; choose another code";
    let errors = job.errors.iter().map(|taken| json!({"line": taken.line, "code": taken.code, "detail": detail}));
    json!({
        "id": job.id,
        "type": job.work.name(),
        "coupon_id": job.coupon_id,
        "status": job.status,
        "reason": job.reason,
        "count": job.count,
        "done": job.processed(),
        "failed": job.failed,
        "errors": errors.collect::<Vec<_>>(),
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::coupons::code::{CouponCode, GenerateCodes, Seed};
    use couponflow_domain::coupons::job::JobKind;
    use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
    use couponflow_domain::kernel::input;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    #[test]
    fn csv_row_has_as_many_columns_as_the_header() {
        let code = UniqueCode {
            code: CouponCode::parse("VIP7K2M").unwrap(),
            coupon_id: CouponId::new(at(0), [1; 10]),
            created_at: at(1_000),
            redeemed_at: None,
            redemption_id: None,
            held: None,
        };
        assert_eq!(unique_code_row(&code), "VIP7K2M,available,1970-01-01T00:00:01Z,,\r\n");
        let id = RedemptionId::new(at(0), [2; 10]);
        let redeemed = UniqueCode { redeemed_at: Some(at(1_500)), redemption_id: Some(id.clone()), ..code };
        let row = format!("VIP7K2M,redeemed,1970-01-01T00:00:01Z,1970-01-01T00:00:01.500Z,{id}\r\n");
        assert_eq!(unique_code_row(&redeemed), row);
        assert_eq!(row.split(',').count(), unique_code_header().split(',').count());
    }

    #[test]
    fn job_view_does_not_reveal_the_seed() {
        let wanted = input::read(&json!({"count": 5, "prefix": "VIP"}), GenerateCodes::read).unwrap();
        let work = JobKind::GenerateCodes(wanted.generator(Seed([[77; 10]; 4])));
        let job = Job::new(JobId::new(at(0), [1; 10]), CouponId::new(at(0), [2; 10]), work, 5, at(0));
        let shown = super::job(&job).to_string();
        assert!(!shown.contains("seed") && !shown.contains("77"), "{shown}");
    }
}
