//! The SAM template agrees with the code: event rules, stream filter, permissions, timeouts and
//! environment variables.

mod access_log;
mod alarms;
mod permissions;
mod promises;

use std::collections::BTreeSet;
use std::path::Path;

use couponflow_domain::delivery::mail_event;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{EventType, SOURCE};
use couponflow_tests::repository;
use serde_json::{Value, json};

fn resource(name: &str) -> Value {
    let template = repository::template();
    template["Resources"][name]["Properties"].clone()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_event_rule_matches_every_event_type_that_can_trigger_workflows() {
    let pattern = resource("EventsRule")["EventPattern"].clone();
    let other = json!([{"anything-but": [ContactErased::DETAIL_TYPE]}]);
    assert_eq!(pattern, json!({"source": [SOURCE], "detail-type": other}));
    assert!(EventType::ALL.iter().all(|kind| kind.detail_type() != ContactErased::DETAIL_TYPE));
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
    assert_eq!(
        kinds,
        ["APPLICATION", "CODE_REDEEMED", "COUPON", "ERASURE", "REJECTION", "TIMER"].map(str::to_owned).into()
    );
}

#[test]
fn lease_and_visibility_timeout_outlast_the_executor() {
    let timeout = resource("ActionExecutorFunction")["Timeout"].as_i64().unwrap();
    assert!(couponflow_domain::automation::execution::LEASE.num_seconds() > timeout);
    for queue in ["EventsQueue", "TimersQueue"] {
        assert!(resource(queue)["VisibilityTimeout"].as_i64().unwrap() >= 6 * timeout, "{queue}");
    }
}

/// Maximum retention of SQS, in seconds: 14 days.
const MAX_RETENTION: i64 = 14 * 86_400;

#[test]
fn every_queue_keeps_messages_for_fourteen_days_and_its_dead_letters_apart() {
    let template = repository::template();
    let resources = template["Resources"].as_object().unwrap();
    let queues = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::SQS::Queue");
    let mut dead_letter_queues = BTreeSet::new();
    let mut consumed = 0;
    for (name, queue) in queues {
        let properties = &queue["Properties"];
        assert_eq!(properties["MessageRetentionPeriod"], MAX_RETENTION, "{name}");
        if let Some(policy) = properties.get("RedrivePolicy") {
            consumed += 1;
            let target = policy["deadLetterTargetArn"].to_string();
            assert!(dead_letter_queues.insert(target), "{name} shares its dead-letter queue");
            // With delays of up to 15 minutes, this many deliveries take more than a day.
            assert!(policy["maxReceiveCount"].as_i64().unwrap() >= 100, "{name}");
        }
    }
    assert_eq!(consumed, 3);
    for rule in ["EventsRule", "MailEventsRule"] {
        let target = resource(rule)["Targets"][0]["DeadLetterConfig"]["Arn"].to_string();
        assert!(!dead_letter_queues.contains(&target), "{rule} shares a dead-letter queue with a consumer");
    }
}

#[test]
fn the_relay_keeps_whole_batches_before_the_stream_deletes_them() {
    let relay = resource("EventRelayFunction");
    let stream = &relay["Events"]["Changes"]["Properties"];
    let age = stream["MaximumRecordAgeInSeconds"].as_i64().unwrap();
    assert!((3600..=23 * 3600).contains(&age), "DynamoDB deletes stream records after 24 hours");
    assert_eq!(stream["MaximumRetryAttempts"], -1);
    assert_eq!(stream["DestinationConfig"]["OnFailure"]["Type"], "S3", "only S3 gets the records themselves");
    assert_eq!(stream["ParallelizationFactor"], 10);
    for source in ["Changes", "Retries"] {
        let responses = texts(&relay["Events"][source]["Properties"]["FunctionResponseTypes"]);
        assert_eq!(responses, BTreeSet::from(["ReportBatchItemFailures".to_owned()]), "{source}");
    }
    let timeout = relay["Timeout"].as_i64().unwrap();
    assert!(resource("RelayRetryQueue")["VisibilityTimeout"].as_i64().unwrap() >= 6 * timeout);
}

#[test]
fn the_sweep_runs_on_a_schedule_and_leaves_alone_what_the_stream_can_still_deliver() {
    let relay = resource("EventRelayFunction");
    assert_eq!(relay["Events"]["Sweep"]["Properties"]["Schedule"], "rate(5 minutes)");
    let settled = couponflow_app::events::sweep::SETTLED_AFTER.num_seconds();
    assert!(settled > 24 * 3600, "DynamoDB deletes stream records after 24 hours");
    assert!(settled > relay["Events"]["Changes"]["Properties"]["MaximumRecordAgeInSeconds"].as_i64().unwrap());
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
fn the_default_function_timeout_outlasts_two_calls_with_their_retries() {
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

/// Variables that the functions read although the template does not set them. Lambda sets the
/// region and the name of the function. Only the local stack sets the endpoint.
const SET_BY_LAMBDA: [&str; 3] = ["AWS_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_NAME"];

/// Lists the functions of the template, each with the folder of its code and its properties.
fn functions() -> Vec<(String, Value)> {
    let template = repository::template();
    let resources = template["Resources"].as_object().unwrap().values();
    let functions = resources.filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let function = |resource: &Value| {
        let code = resource["Properties"]["CodeUri"].as_str().unwrap().trim_end_matches('/');
        (code.strip_prefix("../target/lambda/").unwrap().to_owned(), resource["Properties"].clone())
    };
    functions.map(function).collect()
}

/// Collects the folder of a crate, and the folders of the crates of this repository on which it
/// depends, directly or indirectly.
fn crates(folder: &str, found: &mut BTreeSet<String>) {
    if !found.insert(folder.to_owned()) {
        return;
    }
    let manifest = repository::text(&format!("{folder}/Cargo.toml"));
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    for line in dependencies.lines() {
        if let Some((name, _)) = line.strip_prefix("couponflow-").and_then(|rest| rest.split_once(['.', ' '])) {
            crates(&format!("shared/{name}"), found);
        }
    }
}

/// Collects the environment variables that the source files of a folder read through `config`.
fn variables(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            variables(&path, found);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let is_config = path.ends_with("shared/aws/src/config.rs");
        assert!(is_config || !source.contains("env::var"), "{}: read variables through config", path.display());
        for call in ["required(", "optional("] {
            for (before, rest) in source.match_indices(call).map(|(at, call)| source.split_at(at + call.len())) {
                let name = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                let is_read = before.ends_with(&format!("config::{call}"));
                assert!(!is_read || name.is_some(), "{}: name the variable in the call", path.display());
                found.extend(name.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_function_gets_exactly_the_variables_that_it_reads() {
    let template = repository::template();
    let names = |variables: &Value| -> BTreeSet<String> {
        variables.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let globals = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    for (function, properties) in functions() {
        let mut folders = BTreeSet::new();
        crates(&format!("functions/{function}"), &mut folders);
        let mut read = BTreeSet::new();
        folders.iter().for_each(|folder| variables(&repository::root().join(folder).join("src"), &mut read));
        SET_BY_LAMBDA.iter().for_each(|name| assert!(read.remove(*name), "{function} does not read {name}"));
        let set = &globals | &names(&properties["Environment"]["Variables"]);
        assert_eq!(read, set, "{function} reads the variables on the left, and the template sets those on the right");
    }
}

#[test]
fn the_template_deploys_every_function() {
    let deployed: BTreeSet<String> = functions().into_iter().map(|(function, _)| function).collect();
    let entries = std::fs::read_dir(repository::root().join("functions")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(deployed, folders);
}

#[test]
fn each_variable_has_one_value_for_all_functions() {
    let variables = repository::function_variables();
    assert!(variables.contains_key("TABLE_NAME") && variables.contains_key("MAX_SEND_RATE"), "{variables:?}");
    let ambiguous: Vec<_> = variables.iter().filter(|(_, values)| values.len() != 1).collect();
    assert!(ambiguous.is_empty(), "{ambiguous:?}");
}
