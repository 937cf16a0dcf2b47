//! Examples of coupons, unique codes, jobs and statistics.

use couponflow_domain::coupons::code::{GenerateCodes, Seed};
use couponflow_domain::coupons::coupon::{self, Terms};
use couponflow_domain::coupons::job::{self, JobKind};
use couponflow_domain::coupons::statistics;
use couponflow_domain::events::event::{Detail, Event, EventType};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_domain::kernel::input;
use serde_json::Value;

use super::{body, event, example_time};
use crate::view::{Coupon, CouponStatistics, Job, Statistics};

/// Request body that creates a coupon.
pub fn terms() -> Value {
    body(sample_file!("create-coupon"))
}

pub(super) fn a_coupon() -> coupon::Coupon {
    let terms = input::read(&terms(), Terms::read).expect("the sample is valid");
    coupon::Coupon::new(CouponId::new(example_time(), bits80(&["coupon"])), terms, example_time())
}

/// Response with a coupon.
pub fn coupon() -> Coupon {
    Coupon::new(&a_coupon(), example_time())
}

/// Request body that generates unique codes.
pub fn generate_codes() -> Value {
    body(sample_file!("generate-codes"))
}

/// Response with a job that has processed half of its codes.
pub fn job() -> Job {
    let wanted = input::read(&generate_codes(), GenerateCodes::read).expect("the sample is valid");
    let work = JobKind::GenerateCodes(wanted.generator(Seed([[0; 10]; 4])));
    let id = JobId::new(example_time(), bits80(&["job"]));
    Job::from(&job::Job {
        issued: wanted.count / 2,
        ..job::Job::new(id, a_coupon().id, work, wanted.count, example_time())
    })
}

/// Statistics that count one event of each type.
fn sample_statistics() -> statistics::Statistics {
    let mut statistics = statistics::Statistics { issued: 500, ..Default::default() };
    for kind in EventType::ALL {
        let Detail { metadata, data } =
            serde_json::from_value(event(*kind)["detail"].clone()).expect("the sample is valid");
        statistics.count(&Event { kind: *kind, metadata, data });
    }
    statistics
}

/// Response with the statistics of a coupon.
pub fn coupon_statistics() -> CouponStatistics {
    let days = [(example_time().date_naive(), sample_statistics())];
    CouponStatistics::new(a_coupon().id, Statistics::new(&sample_statistics(), &days))
}

/// Response with the statistics of attempts with unknown codes.
pub fn statistics() -> Statistics {
    let mut statistics = statistics::Statistics::default();
    statistics.add("rejected#coupon_not_found", 12);
    Statistics::new(&statistics, &[(example_time().date_naive(), statistics.clone())])
}
