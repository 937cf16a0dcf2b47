//! The DynamoDB adapter with failing calls and cancelled transactions.

use std::sync::Arc;

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::error::{ErrorKind, StoreError};
use couponflow_app::purchases::ports::{CommitOutcome, PendingRedemption, PurchaseStore as _};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::{Value, json};

fn cancelled(codes: &[&str]) -> Reply {
    let reasons: Vec<Value> = codes.iter().map(|code| json!({"Code": code})).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Reply::Json(400, json!({"__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons}))
}

async fn commit(service: &ScriptedService) -> Result<CommitOutcome, StoreError> {
    let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
    let store: TenantStore = table.of(&fixtures::tenant("demo"));
    let coupon = fixtures::coupon("CODE1", json!({"max_redemptions": 10}));
    let redemption = fixtures::redemption(&coupon, "ord_1", "ana@example.com", at(1));
    let claim = PendingRedemption { redemption, coupon: Arc::new(coupon), held: None };
    store.commit_redemptions(&[claim], at(1), &CorrelationId::new("request")).await
}

#[tokio::test]
async fn a_conflict_is_retried_even_if_a_condition_failed_too() {
    let service = ScriptedService::start(|call, _| match call {
        0 => cancelled(&["None", "TransactionConflict"]),
        1 => cancelled(&["TransactionConflict", "ConditionalCheckFailed"]),
        2 => cancelled(&["None", "ThrottlingError"]),
        _ => Reply::Json(200, json!({})),
    })
    .await;
    assert!(matches!(commit(&service).await, Ok(CommitOutcome::Committed)));
    assert_eq!(service.requests().len(), 4);
}

#[tokio::test]
async fn endless_conflicts_are_busy_and_never_a_rejection() {
    let service = ScriptedService::start(|_, _| cancelled(&["None", "TransactionConflict"])).await;
    assert!(matches!(commit(&service).await, Err(StoreError::Busy { .. })));
}

#[tokio::test]
async fn a_call_without_a_response_fails_with_a_transient_error() {
    let service = ScriptedService::start(|_, _| Reply::Silence).await;
    assert!(matches!(commit(&service).await, Err(StoreError::Failed { .. })));
}

#[tokio::test]
async fn the_service_error_code_decides_the_error_kind() {
    for (status, code, kind) in [
        (500, "InternalServerError", ErrorKind::Transient),
        (400, "ValidationException", ErrorKind::Permanent),
        (400, "AccessDeniedException", ErrorKind::Permanent),
        (400, "ResourceNotFoundException", ErrorKind::Permanent),
    ] {
        let rejection = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "on purpose"});
        let service = ScriptedService::start(move |_, _| Reply::Json(status, rejection.clone())).await;
        let transaction = commit(&service).await.unwrap_err();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
        let read = table.of(&fixtures::tenant("demo")).code(&CouponCode::parse("CODE1").unwrap()).await.unwrap_err();
        assert_eq!((transaction.kind(), read.kind()), (kind, kind), "{code}");
        // A call that is invalid says nothing about other calls. Without a permission or a table, every call fails.
        let is_invalid = code == "ValidationException";
        assert_eq!([&transaction, &read].map(StoreError::is_caused_by_input), [is_invalid; 2], "{code}");
    }
}

#[tokio::test]
async fn a_validation_error_of_a_write_is_corrupt_and_not_retried() {
    let service = ScriptedService::start(|_, _| cancelled(&["None", "ValidationError"])).await;
    assert_eq!(commit(&service).await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(service.requests().len(), 1, "a retry would fail in the same way");
}

#[tokio::test]
async fn pausing_a_coupon_is_retried_after_conflicts() {
    let service = ScriptedService::start(|call, _| {
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
        match call {
            0..5 => Reply::Json(400, json!({"__type": kind, "message": "Transaction is ongoing for the item"})),
            _ => Reply::Json(200, json!({})),
        }
    })
    .await;
    let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
    let coupon = fixtures::coupon("CODE1", json!({}));
    assert!(table.of(&fixtures::tenant("demo")).set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert_eq!(service.requests().len(), 6, "more attempts than the SDK makes by itself");
    assert!(service.requests().iter().all(|body| body.get("TransactItems").is_none()), "a plain write costs half");
}

#[tokio::test]
async fn a_single_write_is_classified_like_a_transaction() {
    let (unfit, malformed) = ("An operand in the update expression has an incorrect data type", "Syntax error");
    for (status, code, message, kind, calls) in [
        (400, "ValidationException", unfit, ErrorKind::Corrupt, 1),
        (400, "ValidationException", malformed, ErrorKind::Permanent, 1),
        (400, "AccessDeniedException", "no", ErrorKind::Permanent, 1),
        (500, "InternalServerError", "no", ErrorKind::Transient, 3),
    ] {
        let kind_of_error = format!("com.amazonaws.dynamodb.v20120810#{code}");
        let rejection = json!({"__type": kind_of_error, "message": message});
        let service = ScriptedService::start(move |_, _| Reply::Json(status, rejection.clone())).await;
        let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
        let coupon = fixtures::coupon("CODE1", json!({}));
        let error = table.of(&fixtures::tenant("demo")).set_state(&coupon, State::Paused, at(1)).await.unwrap_err();
        assert_eq!((error.kind(), service.requests().len()), (kind, calls), "{code}: {message}");
    }
}
