//! The metrics that the functions print, from the log groups of the local stack.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::metrics;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::metrics::{FUNCTION_NAME, NAMESPACE};
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{purchase_body, tenant};
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};

const EMAIL: &str = "ana@metrics.example.com";

/// Metrics that a function prints in this test.
const EXPECTED: [(&str, &str); 14] = [
    ("action-executor", metrics::EXECUTIONS),
    ("action-executor", metrics::STEPS),
    ("action-executor", metrics::STORE_CALLS),
    ("action-executor", metrics::TIMER_LATENESS),
    ("api", metrics::STORE_CALLS),
    ("apply", metrics::APPLIED),
    ("apply", metrics::STORE_CALLS),
    ("event-relay", metrics::EVENTS_PUBLISHED),
    ("event-relay", metrics::STORE_CALLS),
    ("expiry-scan", metrics::STORE_CALLS),
    ("expiry-scan", metrics::TIMERS_OVERDUE),
    ("redeem", metrics::REDEEMED),
    ("redeem", metrics::REJECTED),
    ("redeem", metrics::STORE_CALLS),
];

/// A metric in a printed line.
#[derive(Debug)]
struct Metric {
    /// Name of the function in the dimensions.
    function: String,
    name: String,
    /// Value of the dimension besides the function.
    label: Option<String>,
    /// One value per measurement, or the sum of a counter.
    values: Vec<f64>,
}

/// Returns the label that a metric has besides the function.
fn label_of(metric: &str) -> Option<&'static str> {
    match metric {
        metrics::REJECTED => Some(metrics::REASON),
        metrics::STEPS => Some(metrics::OUTCOME),
        _ => None,
    }
}

/// Reads a line of the embedded metric format, and checks that CloudWatch can read it. The specification is the page
/// "Specification: Embedded metric format" of the user guide of CloudWatch.
fn read(line: &str) -> Vec<Metric> {
    let line: Value = serde_json::from_str(line).expect("a line of JSON");
    let [directive] = &line["_aws"]["CloudWatchMetrics"].as_array().expect("directives")[..] else { panic!("{line}") };
    assert_eq!(directive["Namespace"], NAMESPACE, "{line}");
    assert!(line["_aws"]["Timestamp"].is_i64(), "{line}");
    let [dimensions] = &directive["Dimensions"].as_array().expect("sets of dimensions")[..] else { panic!("{line}") };
    let dimensions: BTreeSet<String> = dimensions.as_array().expect("dimensions").iter().map(text).collect();
    let mut members = BTreeSet::from(["_aws".to_owned()]);
    members.extend(dimensions.iter().cloned());
    let mut read = Vec::new();
    for metric in directive["Metrics"].as_array().expect("metrics") {
        let name = text(&metric["Name"]);
        assert!(metrics::ALL.contains(&name.as_str()), "{line}");
        let label = label_of(&name);
        let expected: BTreeSet<String> =
            [Some(FUNCTION_NAME), label].into_iter().flatten().map(str::to_owned).collect();
        assert_eq!(dimensions, expected, "{line}");
        let values: Vec<f64> = match &line[&name] {
            Value::Array(values) => values.iter().map(|value| value.as_f64().expect("a number")).collect(),
            value => vec![value.as_f64().expect("a number")],
        };
        let label = label.map(|label| text(&line[label]));
        read.push(Metric { function: text(&line[FUNCTION_NAME]), name: name.clone(), label, values });
        members.insert(name);
    }
    let found: BTreeSet<String> = line.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(found, members, "a line has nothing but metrics and dimensions");
    read
}

/// Lists a timer of the shop as overdue. The scan resends the timer, and it fires in ten minutes.
async fn list_overdue_timer(shop: &Shop, now: DateTime<Utc>) {
    let due_at = DateTime::from_timestamp(now.timestamp(), 0).expect("an instant") + TimeDelta::minutes(10);
    let purpose = Purpose::CouponExpiry { coupon_id: CouponId::new(now, [7; 10]) };
    let timer = Timer { tenant_id: tenant(&shop.tenant), due_at, purpose };
    let table = shop.table();
    table.set_timer(&timer).await.unwrap();
    table.list_overdue(&timer, now).await.unwrap();
}

#[tokio::test]
async fn every_function_prints_its_metrics_without_personal_data() {
    let shop = Shop::open("metrics").await;
    let now = System.now();
    shop.coupon("COUNTED", json!({})).await;
    let steps =
        json!([{"id": "tag", "type": "add_tag", "tag": "counted"}, {"id": "wait", "type": "wait", "for": "PT1S"}]);
    shop.workflow(json!({"name": "Counted", "trigger": {"type": "coupon_redeemed"}, "steps": steps})).await;
    list_overdue_timer(&shop, now).await;
    let packages: BTreeMap<&str, &str> =
        shop.stack.functions.iter().map(|(package, function)| (function.as_str(), package.as_str())).collect();

    let mut round = 0;
    let lines = eventually("every metric to be printed", async || {
        // Repeats the requests, because a published workflow begins to run after seconds, and because an instance can print
        // a line too late for its own invocation.
        round += 1;
        let order = format!("ord_{round}");
        shop.hold(&purchase_body("COUNTED", &order, EMAIL)).await.expect(200);
        shop.redeem(&purchase_body("COUNTED", &order, EMAIL)).await.expect(201);
        shop.redeem(&purchase_body("UNKNOWN", &order, EMAIL)).await.expect(404);
        shop.invoke("expiry-scan", &repository::json("events/samples/schedule.json")).await;
        let lines = shop.log_lines(now, "CloudWatchMetrics").await;
        let printed: Vec<Metric> = lines.iter().flat_map(|line| read(line)).collect();
        let printed: BTreeSet<(&str, &str)> =
            printed.iter().map(|metric| (packages[metric.function.as_str()], metric.name.as_str())).collect();
        printed.is_superset(&EXPECTED.into()).then_some(lines)
    })
    .await;

    for personal in [EMAIL, "metrics.example.com", "Ana", "COUNTED"] {
        assert!(lines.iter().all(|line| !line.contains(personal)), "{personal}");
    }
    let printed: Vec<Metric> = lines.iter().flat_map(|line| read(line)).collect();
    for metric in &printed {
        assert!(metric.values.iter().all(|value| *value >= 0.0) && !metric.values.is_empty(), "{metric:?}");
        let is_word = |label: &String| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(metric.label.as_ref().is_none_or(is_word), "{metric:?}");
    }
    let has = |function: &str, name: &str, label: &str| {
        let of = |metric: &&Metric| packages[metric.function.as_str()] == function && metric.name == name;
        printed.iter().filter(of).any(|metric| metric.label.as_deref() == Some(label))
    };
    assert!(has("redeem", metrics::REJECTED, "coupon_not_found"));
    assert!(has("action-executor", metrics::STEPS, "completed"));
}
