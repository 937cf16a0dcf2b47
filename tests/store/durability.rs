//! Executions whose function dies, whose workflow changes or whose neighbour fails.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::execute::handle_event;
use couponflow_app::ports::{
    Begun, Environment, Executions as _, Mail, MailError, Mailer, PageRequest, PublishedWorkflows as _,
    TenantStores as _, Timers as _, Workflow, WorkflowStatus, Workflows as _,
};
use couponflow_app::timers::{Fired, fire};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::contact::contact_id;
use couponflow_domain::digest::{Bits80, bits80};
use couponflow_domain::event::{CouponSnapshot, Event};
use couponflow_domain::execution::{Execution, ExecutionStatus, StepStatus, Turn, watchdog_due};
use couponflow_domain::ids::WorkflowId;
use couponflow_domain::plan::entry;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::{Purpose, Timer};
use couponflow_tests::given::{self, at};
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

/// A clock that is set by the test, and dice that count.
struct Clock(Mutex<(DateTime<Utc>, u64)>);

impl Clock {
    fn at(instant: DateTime<Utc>) -> Self {
        Self(Mutex::new((instant, 0)))
    }

    fn set(&self, instant: DateTime<Utc>) {
        self.0.lock().unwrap().0 = instant;
    }
}

impl Environment for Clock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap().0
    }

    fn bits(&self) -> Bits80 {
        let mut clock = self.0.lock().unwrap();
        clock.1 += 1;
        bits80(&[&clock.1.to_string()])
    }
}

/// Keeps what is sent, and refuses as often as it is told to.
#[derive(Default)]
struct Post {
    sent: Mutex<Vec<String>>,
    refusals: Mutex<usize>,
}

impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut refusals = self.refusals.lock().unwrap();
        if *refusals > 0 {
            *refusals -= 1;
            return Err(MailError::Retry("slow down".into()));
        }
        self.sent.lock().unwrap().push(mail.subject.clone());
        Ok(())
    }
}

struct World {
    table: Table,
    store: TenantStore,
    post: Post,
    clock: Clock,
    tenant: TenantId,
}

impl World {
    async fn new() -> Self {
        let dynamo = Dynamo::start().await;
        let (table, tenant) = (dynamo.instance(), given::tenant("demo"));
        let store = table.of(&tenant);
        Self { table, store, post: Post::default(), clock: Clock::at(at(1000)), tenant }
    }

    async fn published(&self, name: &str, trigger: Value, steps: Value) -> Workflow {
        let workflow = Workflow {
            id: WorkflowId::new(at(0), bits80(&[name])),
            status: WorkflowStatus::Draft,
            version: 0,
            document: json!({"name": name, "trigger": trigger, "steps": steps}),
            created_at: at(0),
            updated_at: at(0),
        };
        self.store.create_workflow(&workflow).await.unwrap();
        self.store.publish_workflow(&workflow, at(1)).await.unwrap().unwrap()
    }

    fn redeemed(&self) -> Event {
        let coupon = given::coupon("MEMBER20", json!({}));
        let redemption = given::redemption(&coupon, "ord_1", "ana@example.com", at(1));
        Event::coupon_redeemed(&self.tenant, CouponSnapshot::from(&coupon), &redemption, 1, None)
    }

    async fn handle(&self, event: &Event) {
        handle_event(&self.store, &self.table, &self.post, &self.clock, event).await.unwrap();
    }

    async fn execution_of(&self, workflow: &Workflow) -> Execution {
        let page = PageRequest { limit: 10, cursor: None };
        let mut executions = self.store.executions(Some(&workflow.id), &page).await.unwrap().data;
        assert_eq!(executions.len(), 1);
        executions.remove(0)
    }

    async fn wake(&self, execution: &Execution, due_at: DateTime<Utc>) -> Fired {
        self.clock.set(due_at);
        let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
        let timer = Timer { tenant_id: self.tenant.clone(), due_at, purpose };
        fire(&self.table, &self.table, &self.post, &self.clock, &timer).await.unwrap()
    }

    /// An execution whose function died right after it claimed the step at this place.
    async fn cut_off_at(&self, workflow: &Workflow, place: usize) -> Execution {
        let event = self.redeemed();
        let version = self.store.version(&workflow.id, 1).await.unwrap().unwrap();
        let contact = contact_id(event.data.customer.as_ref().unwrap(), at(1));
        let mut begun = entry(&event, Some(&contact), &version, self.clock.now());
        begun.execution.position = place;
        let due_at = watchdog_due(begun.execution.created_at);
        let purpose = Purpose::ExecutionWake { execution_id: begun.execution.id.clone() };
        let watchdog = Timer { tenant_id: self.tenant.clone(), due_at, purpose };
        assert_eq!(self.store.begin(&begun, &watchdog).await.unwrap(), Begun::New);
        let turn = begun.execution.turn(&version.definition.steps, self.clock.bits(), self.clock.now());
        let Turn::Do(claim) = turn else { panic!("{turn:?}") };
        assert!(self.store.save(&claim, None).await.unwrap());
        *claim
    }
}

fn welcome() -> Value {
    json!([
        {"id": "tag", "type": "add_tag", "tag": "VIP"},
        {"id": "mail", "type": "send_email", "subject": "Welcome", "text": "Hello"},
        {"id": "again", "type": "send_email", "subject": "Again", "text": "Hello"},
    ])
}

#[tokio::test]
async fn an_execution_that_was_cut_off_goes_on_although_its_workflow_no_longer_wants_the_event() {
    let world = World::new().await;
    let not_vip = json!({"type": "coupon_redeemed", "filters": [
        {"field": "contact_tag", "operator": "contains_none", "value": ["VIP"]}]});
    let workflow = world.published("welcome", not_vip, welcome()).await;
    let event = world.redeemed();
    world.store_contact(&event).await;
    let cut_off = world.cut_off_at(&workflow, 0).await;
    world.store.pause_workflow(&workflow, at(2)).await.unwrap().unwrap();
    world.handle(&event).await;
    assert_eq!(world.execution_of(&workflow).await.status, ExecutionStatus::Running, "nobody looks after it yet");
    assert_eq!(world.wake(&cut_off, watchdog_due(cut_off.created_at)).await, Fired::Done);
    assert_eq!(world.execution_of(&workflow).await.status, ExecutionStatus::Completed);
    assert_eq!(*world.post.sent.lock().unwrap(), ["Welcome", "Again"]);
}

#[tokio::test]
async fn a_mail_cut_off_in_the_middle_is_unknown_and_the_next_one_goes_out() {
    let world = World::new().await;
    let workflow = world.published("welcome", json!({"type": "coupon_redeemed"}), welcome()).await;
    let cut_off = world.cut_off_at(&workflow, 1).await;
    assert_eq!(world.wake(&cut_off, at(2000)).await, Fired::NotYet, "the lease still runs");
    assert_eq!(world.wake(&cut_off, watchdog_due(cut_off.created_at)).await, Fired::Done);
    let steps = world.execution_of(&workflow).await.steps;
    assert_eq!((steps[1].status, steps[2].status), (StepStatus::Unknown, StepStatus::Completed));
    assert_eq!(*world.post.sent.lock().unwrap(), ["Again"]);
}

#[tokio::test]
async fn a_workflow_that_fails_does_not_stop_those_beside_it() {
    let world = World::new().await;
    let trigger = json!({"type": "coupon_redeemed"});
    let first = world.published("first", trigger.clone(), welcome()).await;
    let second = world.published("second", trigger, welcome()).await;
    let event = world.redeemed();
    world.damage(&first, &event).await;
    let handled = handle_event(&world.store, &world.table, &world.post, &world.clock, &event).await;
    assert!(handled.is_err(), "the damage is told");
    assert_eq!(world.execution_of(&second).await.status, ExecutionStatus::Completed);
}

#[tokio::test]
async fn a_refused_mail_is_tried_again_later_and_a_repeated_timer_does_nothing() {
    let world = World::new().await;
    let workflow = world.published("welcome", json!({"type": "coupon_redeemed"}), welcome()).await;
    *world.post.refusals.lock().unwrap() = 1;
    world.handle(&world.redeemed()).await;
    let waiting = world.execution_of(&workflow).await;
    assert_eq!((waiting.status, waiting.steps[1].attempts), (ExecutionStatus::Waiting, 1));
    let wake_at = waiting.wake_at.unwrap();
    assert_eq!(world.wake(&waiting, wake_at).await, Fired::Done);
    assert_eq!(world.wake(&waiting, wake_at + TimeDelta::seconds(1)).await, Fired::Done);
    assert_eq!(world.execution_of(&workflow).await.status, ExecutionStatus::Completed);
    assert_eq!(*world.post.sent.lock().unwrap(), ["Welcome", "Again"]);
}

#[tokio::test]
async fn what_ended_leaves_no_timer_behind() {
    let world = World::new().await;
    let workflow = world.published("welcome", json!({"type": "coupon_redeemed"}), welcome()).await;
    world.handle(&world.redeemed()).await;
    let ended = world.execution_of(&workflow).await;
    let purpose = Purpose::ExecutionWake { execution_id: ended.id.clone() };
    let watchdog = Timer { tenant_id: world.tenant.clone(), due_at: watchdog_due(ended.created_at), purpose };
    assert!(world.table.timers_in(watchdog.bucket()).await.unwrap().is_empty());
}

impl World {
    async fn store_contact(&self, event: &Event) {
        use couponflow_app::ports::Contacts as _;
        self.store.see_customer(event.data.customer.as_ref().unwrap(), at(1), [0; 10]).await.unwrap();
    }

    /// Makes the execution of a workflow for an event unreadable.
    async fn damage(&self, workflow: &Workflow, event: &Event) {
        let version = self.store.version(&workflow.id, 1).await.unwrap().unwrap();
        let contact = contact_id(event.data.customer.as_ref().unwrap(), at(1));
        let mut begun = entry(event, Some(&contact), &version, self.clock.now());
        begun.execution.workflow_version = 99;
        let purpose = Purpose::ExecutionWake { execution_id: begun.execution.id.clone() };
        let timer = Timer { tenant_id: self.tenant.clone(), due_at: at(0), purpose };
        assert_eq!(self.store.begin(&begun, &timer).await.unwrap(), Begun::New);
    }
}
