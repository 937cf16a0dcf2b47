//! The timer queue adapter with failing `SendMessageBatch` entries.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::timers::ports::TimerQueue as _;
use couponflow_aws::clients::LazyClient;
use couponflow_aws::timer_queue::SqsTimerQueue;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::{Value, json};

/// A clock that stands at one instant.
struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

impl Rng for At {
    fn bits(&self) -> Bits80 {
        [0; 10]
    }
}

fn timers(count: u8) -> Vec<Timer> {
    let timer = |i: u8| Timer {
        tenant_id: fixtures::tenant("demo"),
        due_at: at(0) + TimeDelta::milliseconds(1500) * i32::from(i),
        purpose: Purpose::CouponExpiry { coupon_id: CouponId::new(at(0), [i; 10]) },
    };
    (0..count).map(timer).collect()
}

/// Accepts every message except the message with the id `refused`.
fn all_but(body: &Value, refused: &str) -> Reply {
    let (mut taken, mut failed) = (Vec::new(), Vec::new());
    for entry in body["Entries"].as_array().unwrap() {
        match entry["Id"] == refused {
            true => failed.push(json!({"Id": entry["Id"], "Code": "InternalError", "SenderFault": false})),
            false => taken.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"})),
        }
    }
    Reply::Json(200, json!({"Successful": taken, "Failed": failed}))
}

#[tokio::test]
async fn a_timer_that_the_queue_rejects_fails_alone() {
    let service = ScriptedService::start(|_, body| all_but(body, "2")).await;
    let client = LazyClient::new(&service.config, aws_sdk_sqs::Client::new);
    let queue = SqsTimerQueue::new(client, "http://127.0.0.1/queue".into(), At(at(0)));
    let outcomes = queue.send_timers(&timers(5)).await;
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true, true]);
    let delays: Vec<Value> = service.requests()[0]["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["DelaySeconds"].clone())
        .collect();
    assert_eq!(delays, [0, 1, 3, 4, 6], "delays are whole seconds, rounded down");
}
