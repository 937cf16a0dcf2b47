//! Cancelling the waiting executions of an erased contact. Some of the executions cannot be read.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::timers::timer::Purpose;
use couponflow_tests::due::timers;
use couponflow_tests::harness::ExecutorHarness;

use super::erased_waits::{ERASED, HOUR, SECOND, check_cancelled, erase_ana, wait_more, waits};

/// Number of unreadable executions. It is higher than the number that one call cancels.
const UNREADABLE: usize = 260;

/// Overwrites the stored state of executions with invalid JSON.
async fn damage(harness: &ExecutorHarness, ids: &BTreeSet<ExecutionId>) {
    let items = harness.dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
    let execution = AttributeValue::S("EXECUTION".to_owned());
    let mut damaged = 0;
    for item in items.collect::<Result<Vec<_>, _>>().await.unwrap() {
        let is_one = ids.iter().any(|id| item["pk"].as_s().unwrap().contains(id.key()));
        if item.get("kind") == Some(&execution) && is_one {
            let update = harness.dynamo.client.update_item().table_name("couponflow");
            let update = update.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
            let update = update.update_expression("SET execution = :text");
            update.expression_attribute_values(":text", AttributeValue::S("{".to_owned())).send().await.unwrap();
            damaged += 1;
        }
    }
    assert_eq!(damaged, ids.len());
}

#[tokio::test]
async fn unreadable_executions_do_not_keep_readable_ones_from_being_cancelled() {
    let (harness, coupon, workflow) = waits().await;
    let ids: BTreeSet<ExecutionId> = wait_more(&harness, &coupon, &workflow, 300).await;
    let unreadable: BTreeSet<ExecutionId> = ids.iter().take(UNREADABLE).cloned().collect();
    damage(&harness, &unreadable).await;
    erase_ana(&harness).await;
    harness.advance_to(ERASED + SECOND).await;
    let readable: Vec<&ExecutionId> = ids.difference(&unreadable).collect();
    assert_eq!(readable.len(), 40);
    for id in readable {
        check_cancelled(&harness.store.execution(id).await.unwrap().unwrap(), "behind unreadable executions");
    }
    harness.advance_to(HOUR).await;
    let left = timers(&harness.dynamo).await;
    let is_of_unreadable = |purpose: &Purpose| match purpose {
        Purpose::ExecutionWake { execution_id } => unreadable.contains(execution_id),
        _ => false,
    };
    assert!(
        left.iter().all(|timer| is_of_unreadable(&timer.purpose)),
        "only timers of unreadable executions are left: {left:?}"
    );
    assert_eq!(left.len(), UNREADABLE, "executions that cannot be read keep their timers");
}
