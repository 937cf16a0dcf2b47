//! Measures lists of executions of a tenant with 100,000 executions. The figures depend on the machine and on the
//! DynamoDB stand-in. No test asserts them.

use std::time::Instant;

use aws_sdk_dynamodb::types::StreamSpecification;
use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{ExecutionId, WorkflowId};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{at, coupon};
use couponflow_tests::harness::ExecutorHarness;
use futures_util::stream;
use futures_util::stream::StreamExt as _;
use serde_json::json;

const EXECUTIONS: i64 = 100_000;

/// Number of executions of the rare workflow, which are the oldest.
const RARE: i64 = 20;

/// Number of concurrent requests to the stand-in.
const AT_ONCE: usize = 16;

fn workflow(name: &str) -> PublishedWorkflow {
    let document = json!({"name": name, "trigger": {"type": "coupon_expired"}, "steps": []});
    let definition = Definition::read_saved(&document).expect("a workflow");
    PublishedWorkflow { id: WorkflowId::new(at(0), bits80(&[name])), version: WorkflowVersion::FIRST, definition }
}

#[tokio::main]
async fn main() {
    let harness = ExecutorHarness::new().await;
    // Each write of the stand-in examines all stream records, and the measurement does not need them.
    let off = StreamSpecification::builder().stream_enabled(false).build().expect("a stream");
    let update = harness.dynamo.client.update_table().table_name("couponflow").stream_specification(off);
    update.send().await.expect("a table without a stream");
    let (rare, common) = (workflow("rare"), workflow("common"));
    let snapshot = CouponSnapshot::from(&coupon("CODE1", json!({})));
    let began = Instant::now();
    stream::iter(0..EXECUTIONS)
        .for_each_concurrent(AT_ONCE, async |place| {
            let workflow = if place < RARE { &rare } else { &common };
            let event = Event::coupon_expired(&harness.tenant, snapshot.clone(), at(place));
            let purpose = Purpose::ExecutionWake { execution_id: ExecutionId::new(at(0), [0; 10]) };
            let timer = Timer { tenant_id: harness.tenant.clone(), due_at: at(place), purpose };
            harness.store.begin(&entry(&event, None, workflow, &[], at(place)), &timer).await.expect("started");
        })
        .await;
    println!("{EXECUTIONS} executions started in {:.1} s", began.elapsed().as_secs_f64());
    let (table, meter) = harness.dynamo.metered_instance();
    let store = table.of(&harness.tenant);
    let query = ExecutionQuery::default;
    for (name, query) in [
        ("all", query()),
        ("of a common workflow", ExecutionQuery { workflow_id: Some(common.id.clone()), ..query() }),
        ("of a rare workflow", ExecutionQuery { workflow_id: Some(rare.id.clone()), ..query() }),
        ("failed", ExecutionQuery { status: Some(ExecutionStatus::Failed), ..query() }),
    ] {
        for limit in [1, 100] {
            meter.take();
            let began = Instant::now();
            let page = store.executions(&query, &PageRequest { limit, cursor: None }).await.expect("a page");
            let (took, cost) = (began.elapsed(), meter.take());
            println!(
                "{name}, limit {limit}: {} entries in {took:.1?}, {} calls, {} read units",
                page.data.len(),
                cost.calls,
                cost.read_units
            );
        }
    }
}
