//! The event bus adapter with failing `PutEvents` calls.

use couponflow_app::events::ports::EventBus as _;
use couponflow_app::kernel::error::{ErrorKind, chain};
use couponflow_aws::bus::Bus;
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::{Value, json};

fn events(count: i64) -> Vec<Event> {
    let coupon = CouponSnapshot::from(&fixtures::coupon("CODE1", json!({})));
    (0..count).map(|i| Event::coupon_expired(&fixtures::tenant("demo"), coupon.clone(), at(i))).collect()
}

fn bus(service: &ScriptedService) -> Bus {
    Bus::new(aws_sdk_eventbridge::Client::new(&service.config), "couponflow".into())
}

fn entries(body: &Value) -> &Vec<Value> {
    body["Entries"].as_array().unwrap()
}

/// Accepts every entry except those at the indexes in `refused`.
fn all_but(body: &Value, refused: &[usize]) -> Reply {
    let result = |i: usize| match refused.contains(&i) {
        true => json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}),
        false => json!({"EventId": format!("id-{i}")}),
    };
    let results: Vec<Value> = (0..entries(body).len()).map(result).collect();
    Reply::Json(200, json!({"FailedEntryCount": refused.len(), "Entries": results}))
}

#[tokio::test]
async fn only_entries_that_failed_are_sent_again() {
    let service = ScriptedService::start(|call, body| all_but(body, if call == 0 { &[1] } else { &[] })).await;
    let events = events(3);
    assert!(bus(&service).publish(&events).await.iter().all(Result::is_ok));
    let asked = service.requests();
    assert_eq!(asked.iter().map(|body| entries(body).len()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(entries(&asked[1])[0], entries(&asked[0])[1]);
}

#[tokio::test]
async fn an_event_that_always_fails_does_not_fail_others() {
    let service = ScriptedService::start(|call, body| all_but(body, if call == 0 { &[2] } else { &[0] })).await;
    let outcomes = bus(&service).publish(&events(5)).await;
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true, true]);
}

#[tokio::test]
async fn twenty_five_events_take_three_calls() {
    let service = ScriptedService::start(|_, body| all_but(body, &[])).await;
    assert!(bus(&service).publish(&events(25)).await.iter().all(Result::is_ok));
    assert_eq!(service.requests().iter().map(|body| entries(body).len()).collect::<Vec<_>>(), [10, 10, 5]);
}

#[tokio::test]
async fn the_entry_error_code_decides_the_error_kind() {
    let codes = ["MalformedDetail", "AccessDeniedException", "InternalFailure"];
    let service = ScriptedService::start(move |call, body| {
        let refused = codes.iter().map(|code| json!({"ErrorCode": code, "ErrorMessage": "on purpose"}));
        let taken = entries(body).iter().map(|_| json!({"EventId": "id"}));
        let results: Vec<Value> = if call == 0 { refused.collect() } else { taken.collect() };
        Reply::Json(200, json!({"FailedEntryCount": 0, "Entries": results}))
    })
    .await;
    let outcomes = bus(&service).publish(&events(3)).await;
    let kinds: Vec<_> = outcomes.into_iter().map(|outcome| outcome.map_err(|error| error.kind())).collect();
    assert_eq!(kinds, [Err(ErrorKind::Corrupt), Err(ErrorKind::Permanent), Ok(())]);
    assert_eq!(
        service.requests().iter().map(|body| entries(body).len()).collect::<Vec<_>>(),
        [3, 1],
        "only the transient failure is retried"
    );
}

#[tokio::test]
async fn an_event_above_the_size_limit_is_not_sent_and_not_called_a_damaged_item() {
    let service = ScriptedService::start(|_, body| all_but(body, &[])).await;
    let coupon = CouponSnapshot::from(&fixtures::coupon("CODE1", json!({})));
    let large = CouponSnapshot { name: "x".repeat(256 * 1024), ..coupon.clone() };
    let events = [large, coupon].map(|coupon| Event::coupon_expired(&fixtures::tenant("demo"), coupon, at(1)));
    let [large, small] = bus(&service).publish(&events).await.try_into().unwrap();
    let error = large.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let line =
        "publishing events: the input cannot be processed: the event is larger than 256 KiB, the limit of PutEvents";
    assert_eq!(chain(&error), line);
    assert!(small.is_ok());
}

#[tokio::test]
async fn a_permanent_call_failure_fails_each_event_without_a_retry() {
    let service = ScriptedService::start(|_, _| {
        Reply::Json(400, json!({"__type": "AccessDeniedException", "message": "not authorized to perform PutEvents"}))
    })
    .await;
    let outcomes = bus(&service).publish(&events(3)).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(chain(&error).contains("AccessDeniedException"), "{}", chain(&error));
        assert_eq!(error.kind(), ErrorKind::Permanent);
    }
    assert_eq!(service.requests().len(), 1);
}
