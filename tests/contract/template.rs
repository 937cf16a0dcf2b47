//! The SAM template routes what the code sends, and gives the functions what they read.

use std::collections::BTreeSet;

use couponflow_domain::delivery::mail_event;
use couponflow_domain::events::event::{EventType, SOURCE};
use couponflow_tests::repository;
use serde_json::Value;

fn resource(name: &str) -> Value {
    let template = repository::template();
    template["Resources"][name]["Properties"].clone()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_event_rule_matches_every_event_type() {
    let pattern = resource("EventsRule")["EventPattern"].clone();
    assert_eq!(texts(&pattern["source"]), BTreeSet::from([SOURCE.to_owned()]));
    let kinds = EventType::ALL.iter().map(|kind| kind.detail_type().to_owned()).collect();
    assert_eq!(texts(&pattern["detail-type"]), kinds);
}

#[test]
fn the_mail_event_rule_matches_the_ses_events_that_the_code_reads() {
    let pattern = resource("MailEventsRule")["EventPattern"].clone();
    assert_eq!(texts(&pattern["source"]), BTreeSet::from([mail_event::SOURCE.to_owned()]));
    assert_eq!(texts(&pattern["detail-type"]), mail_event::DETAIL_TYPES.map(str::to_owned).into());
    let configuration = &pattern["detail"]["mail"]["tags"]["ses:configuration-set"][0];
    assert!(configuration.is_object(), "{pattern}");
    assert_eq!(*configuration, resource("MailEvents")["ConfigurationSetName"]);
    let variables = resource("ActionExecutorFunction")["Environment"]["Variables"].clone();
    assert_eq!(*configuration, variables["CONFIGURATION_SET"]);
    assert_eq!(resource("MailEvents")["EventDestination"]["MatchingEventTypes"].as_array().unwrap().len(), 6);
}

#[test]
fn the_stream_filter_passes_every_item_kind_that_the_relay_reads() {
    let filters =
        resource("EventRelayFunction")["Events"]["Changes"]["Properties"]["FilterCriteria"]["Filters"].clone();
    let pattern: Value = serde_json::from_str(filters[0]["Pattern"].as_str().unwrap()).unwrap();
    let kinds = texts(&pattern["dynamodb"]["NewImage"]["kind"]["S"]);
    assert_eq!(kinds, ["APPLICATION", "CODE_REDEEMED", "COUPON", "REJECTION", "TIMER"].map(str::to_owned).into());
}

#[test]
fn no_function_may_scan_the_table() {
    assert!(!repository::template().to_string().contains("dynamodb:Scan"));
}

#[test]
fn lease_and_visibility_timeout_outlast_the_executor() {
    let timeout = resource("ActionExecutorFunction")["Timeout"].as_i64().unwrap();
    assert!(couponflow_domain::automation::execution::LEASE.num_seconds() > timeout);
    for queue in ["EventsQueue", "TimersQueue"] {
        assert!(resource(queue)["VisibilityTimeout"].as_i64().unwrap() >= 6 * timeout, "{queue}");
    }
}

#[test]
fn the_executor_outlasts_a_job_step_and_its_last_calls() {
    let timeout = resource("ActionExecutorFunction")["Timeout"].as_i64().unwrap();
    let calls = 2 * couponflow_aws::clients::CALL_TIMEOUT.as_secs() as i64;
    assert!(timeout >= couponflow_app::coupons::jobs::STEP.num_seconds() + calls);
}

#[test]
fn a_scan_has_time_for_retries_and_ends_before_the_next_scan() {
    let scan = resource("ExpiryScanFunction");
    assert_eq!(scan["Events"]["EveryMinute"]["Properties"]["Schedule"], "rate(1 minute)");
    let timeout = scan["Timeout"].as_u64().unwrap();
    assert!((30..60).contains(&timeout) && timeout > 2 * couponflow_aws::clients::CALL_TIMEOUT.as_secs(), "{timeout}");
}

#[test]
fn every_function_outlasts_a_call_with_its_retries() {
    let template = repository::template();
    let timeout = template["Globals"]["Function"]["Timeout"].as_u64().unwrap();
    assert!(timeout > 2 * couponflow_aws::clients::CALL_TIMEOUT.as_secs());
}

#[test]
fn an_idempotency_claim_outlasts_every_request_function() {
    let template = repository::template();
    for function in ["ApplyFunction", "RedeemFunction", "ApiFunction"] {
        let own = resource(function)["Timeout"].as_i64();
        let timeout = own.or(template["Globals"]["Function"]["Timeout"].as_i64()).unwrap();
        assert!(couponflow_app::tenants::idempotency::LEASE.num_seconds() > timeout, "{function}");
    }
}

#[test]
fn no_log_level_prints_requests() {
    let levels = repository::template()["Parameters"]["LogLevel"]["AllowedValues"].clone();
    assert_eq!(texts(&levels), ["error", "warn", "info"].map(str::to_owned).into());
}

#[test]
fn every_function_gets_its_required_variables() {
    let template = repository::template();
    let globals = &template["Globals"]["Function"]["Environment"]["Variables"];
    for (function, logical) in [
        ("apply", "ApplyFunction"),
        ("redeem", "RedeemFunction"),
        ("api", "ApiFunction"),
        ("expiry-scan", "ExpiryScanFunction"),
        ("event-relay", "EventRelayFunction"),
        ("action-executor", "ActionExecutorFunction"),
    ] {
        let main = repository::text(&format!("functions/{function}/src/main.rs"));
        let own = resource(logical)["Environment"]["Variables"].clone();
        for read in main.split("required(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(globals.get(read).or(own.get(read)).is_some(), "the template sets no {read} for {function}");
        }
        let code = resource(logical)["CodeUri"].as_str().unwrap().trim_end_matches('/').to_owned();
        assert_eq!(code, format!("../target/lambda/{function}"));
    }
}

#[test]
fn each_variable_has_one_value_for_all_functions() {
    let variables = repository::function_variables();
    assert!(variables.contains_key("TABLE_NAME") && variables.contains_key("MAX_SEND_RATE"), "{variables:?}");
    let ambiguous: Vec<_> = variables.iter().filter(|(_, values)| values.len() != 1).collect();
    assert!(ambiguous.is_empty(), "{ambiguous:?}");
}
