//! Starting executions and claiming steps under concurrency. An instance claims a step before it
//! performs the step, so that no other instance performs it.

use couponflow_app::automation::ports::{AutomationStore as _, StartOutcome, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::execution::NextAction;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::{ExecutionId, WorkflowId};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

fn draft(bits: u8, trigger: &str) -> Workflow {
    let steps = json!([{"id": "tag", "type": "add_tag", "tag": "t"}]);
    let document = json!({"name": "w", "trigger": {"type": trigger}, "steps": steps});
    Workflow::draft(WorkflowId::new(at(0), [bits; 10]), document, at(0))
}

fn timer() -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: ExecutionId::new(at(0), [0; 10]) };
    Timer { tenant_id: fixtures::tenant("demo"), due_at: at(0), purpose }
}

async fn ana(store: &TenantStore) -> couponflow_domain::contacts::contact::Contact {
    let email = Some(Email::parse("Ana@example.com").unwrap());
    let customer = Customer { email, id: None, first_name: Some("Ana".into()), last_name: None, verified: true };
    store.upsert_contact(&customer, at(0), [0; 10]).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_execution_starts_once_and_a_contact_enters_once() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let contact = ana(&store).await;
    let definition = Definition::read_saved(&draft(1, "coupon_expired").document).unwrap();
    let workflow =
        PublishedWorkflow { id: WorkflowId::new(at(0), [1; 10]), version: WorkflowVersion::FIRST, definition };
    let coupon = CouponSnapshot::from(&fixtures::coupon("CODE1", json!({})));
    let event = |ms| Event::coupon_expired(&fixtures::tenant("demo"), coupon.clone(), at(ms));
    let first = entry(&event(1), Some(&contact.id), &workflow, &[], at(2));
    let timer = timer();
    let begun = join_all((0..6).map(|_| store.begin(&first, &timer))).await;
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Ok(StartOutcome::New))).count(), 1);
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Ok(StartOutcome::Existing(_)))).count(), 5);
    let second = entry(&event(3), Some(&contact.id), &workflow, &[], at(4));
    assert_eq!(store.begin(&second, &timer).await.unwrap(), StartOutcome::Skipped);
}

#[tokio::test]
async fn of_two_instances_that_claim_a_step_one_wins() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let definition = Definition::read_saved(&draft(1, "coupon_expired").document).unwrap();
    let workflow =
        PublishedWorkflow { id: WorkflowId::new(at(0), [1; 10]), version: WorkflowVersion::FIRST, definition };
    let coupon = CouponSnapshot::from(&fixtures::coupon("CODE1", json!({})));
    let event = Event::coupon_expired(&fixtures::tenant("demo"), coupon, at(1));
    let first = entry(&event, None, &workflow, &[], at(2));
    store.begin(&first, &timer()).await.unwrap();
    let claim = |token: [u8; 10]| match first.execution.next_action(&workflow.definition, token, at(5)) {
        NextAction::Perform(claim) => *claim,
        other => panic!("{other:?}"),
    };
    let (a, b) = (claim([1; 10]), claim([2; 10]));
    let (a, b) = futures_util::future::join(store.save(&a, None), store.save(&b, None)).await;
    assert!(a.unwrap() ^ b.unwrap());
}
