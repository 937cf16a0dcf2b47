//! Unique codes while DynamoDB throttles or returns partial batches.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::{Value, json};

fn store(service: &ScriptedService) -> TenantStore {
    let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
    table.of(&fixtures::tenant("demo"))
}

fn coupon() -> CouponId {
    CouponId::new(at(0), [1; 10])
}

fn code(text: &str) -> CouponCode {
    CouponCode::parse(text).unwrap()
}

#[tokio::test]
async fn issuing_a_throttled_code_is_retried() {
    let service = ScriptedService::start(|call, _| match call {
        0..6 => {
            let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
            Reply::Json(400, json!({"__type": kind, "message": "slow down"}))
        }
        _ => Reply::Json(200, json!({})),
    })
    .await;
    let job = Job::new(JobId::new(at(0), [2; 10]), coupon(), JobKind::ImportCodes, 1, at(0));
    assert!(store(&service).issue_code(&code("VIP1"), &job, 0, at(1)).await.unwrap());
    assert_eq!(service.requests().len(), 7);
}

#[tokio::test]
async fn unprocessed_keys_of_a_batch_are_read_again() {
    fn key(code: &CouponCode) -> Value {
        json!({"pk": {"S": format!("t#demo#code#{}", code.key())}, "sk": {"S": "code"}})
    }
    fn item(code: &CouponCode) -> Value {
        let mut item = key(code);
        for (name, value) in [
            ("coupon_id", json!({"S": coupon()})),
            ("code", json!({"S": code})),
            ("unique", json!({"BOOL": true})),
            ("job_id", json!({"S": JobId::new(at(0), [2; 10])})),
            ("job_index", json!({"N": "0"})),
            ("created_at_ms", json!({"N": "5"})),
            ("gsi1pk", json!({"S": "x"})),
            ("gsi1sk", json!({"S": code})),
        ] {
            item[name] = value;
        }
        item
    }
    let service = ScriptedService::start(|call, _| {
        let (a, b) = (code("AAA"), code("BBB"));
        Reply::Json(
            200,
            match call {
                0 => json!({"Items": [item(&a), item(&b)]}),
                1 => json!({"Responses": {"couponflow": [item(&b)]}, "UnprocessedKeys": {"couponflow": {"Keys": [key(&a)]}}}),
                _ => json!({"Responses": {"couponflow": [item(&a)]}, "UnprocessedKeys": {}}),
            },
        )
    })
    .await;
    let page = PageRequest { limit: 10, cursor: None };
    let listed = store(&service).unique_codes(&coupon(), None, &page).await.unwrap().data;
    assert_eq!(listed.into_iter().map(|found| found.code).collect::<Vec<_>>(), [code("AAA"), code("BBB")]);
    assert_eq!(service.requests()[2]["RequestItems"]["couponflow"]["Keys"], json!([key(&code("AAA"))]));
}
