//! Function processes are killed at random while a coupon is redeemed up to its limit. Afterwards nothing is lost, nothing
//! was done twice, and the limit was not exceeded. The test has a stack of its own and takes at most two minutes after the
//! stack has started.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use couponflow_domain::kernel::digest::bits80;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::local;
use couponflow_tests::shop::{Shop, eventually_within, text};
use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::process::Command;

/// Determines which function process is killed at each moment.
const SEED: &str = "chaos-1";

const LIMIT: usize = 60;
const ORDERS: usize = 90;

/// Number of clients that redeem concurrently.
const CLIENTS: usize = 8;

/// Time between two kills.
const PERIOD: Duration = Duration::from_millis(250);

/// Number of kills. The last kills hit the relay and the executor, which work for some time after the last request.
const KILLS: usize = 40;

/// Time limit of the test after the stack has started.
const LIMIT_OF_TEST: Duration = Duration::from_secs(120);

/// Time for the executions that no killed function had begun. An execution whose step a killed function had claimed
/// continues when its watchdog timer fires, after more than three minutes.
const SETTLING: Duration = Duration::from_secs(60);

/// Returns the ids of the function processes, which are children of the emulator.
async fn function_processes(emulator: u32) -> Vec<String> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid=,args="]).output().await.unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let of_function = |line: &str| {
        let mut words = line.split_whitespace();
        let (pid, parent) = (words.next()?, words.next()?);
        (parent == emulator.to_string() && line.contains("bootstrap")).then(|| pid.to_owned())
    };
    listed.lines().filter_map(of_function).collect()
}

/// Kills a function process at fixed intervals. Returns the number of killed processes.
async fn kill_functions(emulator: u32) -> usize {
    let mut killed = 0;
    for round in 0..KILLS {
        tokio::time::sleep(PERIOD).await;
        let processes = function_processes(emulator).await;
        let random = usize::from(bits80(&[SEED, &round.to_string()])[0]);
        if let Some(process) = processes.get(random % processes.len().max(1)) {
            // A process can end between the two commands.
            killed += usize::from(Command::new("kill").args(["-KILL", process]).status().await.unwrap().success());
        }
    }
    killed
}

/// Redeems the code for an order. Repeats the request until the answer is not a server error.
async fn redeem(shop: &Shop, order: usize, deadline: Instant) -> u16 {
    let body = purchase_body("CHAOS", &format!("ord_{order}"), &format!("c{order}@chaos.example.com"));
    loop {
        let answer = shop.redeem(&body).await;
        if answer.status < 500 {
            return answer.status;
        }
        assert!(Instant::now() < deadline, "order {order}: {} {}", answer.status, answer.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Returns the sort keys of all timers in the table. The key of a timer contains the id of the execution that it wakes.
async fn timer_keys(shop: &Shop) -> Vec<String> {
    let config = local::sdk_config(shop.stack.aws_endpoint_url.clone());
    let client = aws_sdk_dynamodb::Client::new(&config);
    let items = client.scan().table_name(&shop.stack.table).into_paginator().items().send();
    let items: Vec<HashMap<String, AttributeValue>> = items.collect::<Result<_, _>>().await.expect("the items");
    let timers = items.into_iter().filter(|item| item.get("kind") == Some(&AttributeValue::S("TIMER".to_owned())));
    timers.filter_map(|item| item["sk"].as_s().ok().cloned()).collect()
}

fn is_completed(execution: &Value) -> bool {
    execution["status"] == "completed"
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_functions_lose_nothing_double_nothing_and_exceed_no_limit() {
    let shop = Shop::alone("chaos").await;
    let deadline = Instant::now() + LIMIT_OF_TEST;
    let left = || deadline.saturating_duration_since(Instant::now());
    // A message of a killed function is delivered again after the visibility timeout.
    let sqs = aws_sdk_sqs::Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    for queue in [&shop.stack.events_queue_url, &shop.stack.timers_queue_url] {
        let set = sqs.set_queue_attributes().queue_url(queue).attributes(QueueAttributeName::VisibilityTimeout, "10");
        set.send().await.unwrap();
    }
    let coupon = shop.coupon("CHAOS", json!({"max_redemptions": LIMIT})).await;
    // Each execution generates one coupon for its contact. A step that ran twice would generate two coupons.
    let gift = json!({"name": "Gift", "discount": {"type": "percentage", "percent_off": 5}});
    let steps =
        json!([{"id": "gift", "type": "generate_coupon", "prefix": "GIFT", "only_for_contact": true, "coupon": gift}]);
    let workflow = shop.workflow(json!({"name": "gift", "trigger": {"type": "coupon_redeemed"}, "steps": steps})).await;

    let load = async {
        let orders = stream::iter(0..ORDERS).map(|order| redeem(&shop, order, deadline));
        orders.buffer_unordered(CLIENTS).collect::<Vec<u16>>().await
    };
    let (statuses, killed) = join(load, kill_functions(shop.stack.pids[0])).await;
    assert!(killed >= KILLS / 4, "only {killed} processes were killed");
    // A repeated request is answered with 200 or 201 if the killed function had committed the redemption.
    let redeemed = statuses.iter().filter(|status| [200, 201].contains(*status)).count();
    let rejected = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((redeemed, rejected), (LIMIT, ORDERS - LIMIT), "{statuses:?}");

    let events = eventually_within(left(), "the event of every redemption", async || {
        Some(shop.events(&coupon, "CouponRedeemed").await).filter(|events| events.len() >= LIMIT)
    })
    .await;
    let number = |event: &Value| event["detail"]["data"]["redemption"]["redemption_number"].as_u64().expect("a number");
    let numbers: BTreeSet<u64> = events.iter().map(number).collect();
    assert_eq!((events.len(), numbers), (LIMIT, (1..=LIMIT as u64).collect()));
    eventually_within(left(), "the event of the limit", async || {
        (!shop.events(&coupon, "CouponLimitReached").await.is_empty()).then_some(())
    })
    .await;
    assert_eq!(shop.events(&coupon, "CouponLimitReached").await.len(), 1);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], LIMIT);

    let executions = eventually_within(left(), "an execution for every redemption", async || {
        Some(shop.executions(&workflow).await).filter(|executions| executions.len() >= LIMIT)
    })
    .await;
    assert_eq!(executions.len(), LIMIT, "one execution for each redemption");
    let settled = Instant::now() + SETTLING.min(left());
    let executions = loop {
        let executions = shop.executions(&workflow).await;
        if executions.iter().all(is_completed) || Instant::now() >= settled {
            break executions;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let (completed, waiting): (Vec<Value>, Vec<Value>) = executions.into_iter().partition(is_completed);
    assert!(completed.len() * 2 > LIMIT, "only {} executions are completed", completed.len());
    let timers = timer_keys(&shop).await;
    for execution in &waiting {
        let id = text(&execution["id"]);
        assert!(["running", "waiting"].contains(&text(&execution["status"]).as_str()), "{execution}");
        assert!(timers.iter().any(|key| key.ends_with(&id)), "no timer continues the execution {id}");
    }
    let generated = shop.generated_coupons().await.len();
    assert!(
        (completed.len()..=LIMIT).contains(&generated),
        "{generated} coupons of {} completed and {} other executions",
        completed.len(),
        waiting.len()
    );
}
