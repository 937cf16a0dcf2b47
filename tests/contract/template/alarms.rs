//! Every alarm notifies the operations topic, has a page of the runbook, and watches a metric that
//! exists.

use std::collections::BTreeSet;

use couponflow_app::kernel::metrics;
use couponflow_aws::metrics::{FUNCTION_NAME, NAMESPACE};
use couponflow_tests::expanded::{resources, template};
use couponflow_tests::repository;
use serde_json::{Value, json};

/// Metrics of AWS services, each with the dimension by which the template selects a resource.
///
/// Sources: the pages "CloudWatch metrics" of the developer guides of SQS, Lambda, API Gateway (HTTP
/// APIs), DynamoDB and SES.
const OF_SERVICES: [(&str, &str, &str); 11] = [
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName"),
    ("AWS/Lambda", "IteratorAge", "FunctionName"),
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/Lambda", "Invocations", "FunctionName"),
    ("AWS/ApiGateway", "5xx", "ApiId"),
    ("AWS/ApiGateway", "Latency", "ApiId"),
    ("AWS/DynamoDB", "ReadThrottleEvents", "TableName"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName"),
    ("AWS/SES", "", ""),
];

fn alarms(template: &Value) -> Vec<(&str, &Value)> {
    resources(template, "AWS::CloudWatch::Alarm")
        .into_iter()
        .map(|(name, alarm)| (name, &alarm["Properties"]))
        .collect()
}

fn dimensions(alarm: &Value) -> Vec<&str> {
    alarm["Dimensions"].as_array().into_iter().flatten().filter_map(|dimension| dimension["Name"].as_str()).collect()
}

#[test]
fn every_alarm_notifies_the_operations_topic_when_it_begins_and_ends() {
    let template = template();
    for (name, alarm) in alarms(&template) {
        for action in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[action], json!([{"Ref": "OperationsTopic"}]), "{name}");
        }
        let missing = if name == "ScanMissingAlarm" { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], missing, "{name}");
    }
}

#[test]
fn every_alarm_watches_a_metric_that_exists() {
    let template = template();
    let alarms = alarms(&template);
    assert!(alarms.len() > 25, "{}", alarms.len());
    for (name, alarm) in alarms {
        let (namespace, metric) = (alarm["Namespace"].as_str().unwrap(), alarm["MetricName"].as_str().unwrap());
        match namespace {
            NAMESPACE => {
                assert!(metrics::ALL.contains(&metric), "{name}: {metric}");
                assert_eq!(dimensions(alarm), [FUNCTION_NAME], "{name}");
            }
            "AWS/SES" => {
                assert!(["Reputation.BounceRate", "Reputation.ComplaintRate"].contains(&metric), "{name}: {metric}");
                assert!(dimensions(alarm).is_empty(), "{name}");
            }
            _ => {
                let known = OF_SERVICES.iter().find(|known| (known.0, known.1) == (namespace, metric));
                let (_, _, dimension) = known.unwrap_or_else(|| panic!("{name}: {namespace} {metric}"));
                assert_eq!(dimensions(alarm), [*dimension], "{name}");
            }
        }
    }
}

#[test]
fn every_dead_letter_queue_and_function_has_its_alarms() {
    let template = template();
    let watched: BTreeSet<String> = alarms(&template)
        .into_iter()
        .map(|(_, alarm)| format!("{} {}", alarm["MetricName"], alarm["Dimensions"][0]["Value"]))
        .collect();
    let queues = resources(&template, "AWS::SQS::Queue");
    for (name, _) in queues.iter().filter(|(name, _)| name.contains("DeadLetter")) {
        let of_queue = json!({"Fn::GetAtt": [name, "QueueName"]});
        assert!(watched.contains(&format!("\"ApproximateNumberOfMessagesVisible\" {of_queue}")), "{name}");
    }
    for (name, _) in resources(&template, "AWS::Lambda::Function") {
        for metric in ["Errors", "Throttles"] {
            assert!(watched.contains(&format!("\"{metric}\" {}", json!({"Ref": name}))), "{metric} of {name}");
        }
    }
}

#[test]
fn every_alarm_has_a_page_of_the_runbook_that_names_it() {
    let template = template();
    let index = repository::text("infra/runbook/README.md");
    for (name, alarm) in alarms(&template) {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        let page = description.split_whitespace().last().unwrap().trim_end_matches('.');
        let text = repository::text(page);
        assert!(text.contains(&format!("`{name}`")), "{page} does not name {name}");
        for heading in ["## What it means", "## What to look at", "## What fixes it"] {
            assert!(text.contains(heading), "{page} has no section \"{heading}\"");
        }
        let file = page.rsplit('/').next().unwrap();
        assert!(index.contains(&format!("({file})")), "the index of the runbook has no link to {file}");
    }
}

#[test]
fn the_dashboard_shows_only_metrics_and_resources_that_exist() {
    let template = template();
    let body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let mut shown = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            if metric[0] == NAMESPACE {
                shown.insert(metric[1].as_str().unwrap().to_owned());
            }
            if let Some(expression) = metric[0]["expression"].as_str() {
                let name = expression.split("MetricName=\"").nth(1).unwrap().split('"').next().unwrap();
                shown.insert(name.to_owned());
            }
        }
    }
    let known: BTreeSet<String> = metrics::ALL.map(str::to_owned).into();
    assert_eq!(shown, known, "the dashboard shows every metric of the functions");
}
