//! [`ExecutorHarness`]: one tenant with workflows on its own table, and an executor. The test sets
//! the executor's clock.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::automation::execute::handle_event;
use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery, Workflow};
use couponflow_app::events::ports::EventStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::{FireOutcome, fire};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::{RedemptionNumber, Revision};
use couponflow_domain::kernel::digest::{Bits80, bits80};
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::purchases::Application;
use couponflow_domain::tenants::quota::Quotas;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::Timer;
use serde_json::{Value, json};

use crate::due::timers;
use crate::fixtures::{self, at};
use crate::outbound::RecordingOutbound;
use crate::table::Dynamo;

/// A clock that the test sets, and a deterministic source of random bits: the digest of a counter.
#[derive(Debug)]
pub struct ManualClock(Mutex<(DateTime<Utc>, u64)>);

impl ManualClock {
    /// Creates a clock that stands at `instant`.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Mutex::new((instant, 0)))
    }

    /// Moves the clock forward to `instant`. An earlier instant changes nothing.
    pub fn set(&self, instant: DateTime<Utc>) {
        let mut clock = self.0.lock().expect("the lock is not poisoned");
        clock.0 = clock.0.max(instant);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().expect("the lock is not poisoned").0
    }
}

impl Rng for ManualClock {
    fn bits(&self) -> Bits80 {
        let mut clock = self.0.lock().expect("the lock is not poisoned");
        clock.1 += 1;
        bits80(&[&clock.1.to_string()])
    }
}

/// One tenant, its table, and an executor.
pub struct ExecutorHarness {
    pub dynamo: Dynamo,
    pub table: Table,
    pub store: TenantStore,
    /// Records the outgoing calls of steps.
    pub outbound: RecordingOutbound,
    pub clock: ManualClock,
    pub tenant: TenantId,
}

impl ExecutorHarness {
    /// Creates a harness on an empty table. Its clock stands 1 s after `fixtures::at(0)`.
    pub async fn new() -> Self {
        Self::on(Dynamo::start().await)
    }

    /// Creates a harness on a table that may contain items.
    pub fn on(dynamo: Dynamo) -> Self {
        let (table, tenant) = (dynamo.instance(), fixtures::tenant("demo"));
        let store = table.of(&tenant);
        Self { dynamo, table, store, outbound: RecordingOutbound::default(), clock: ManualClock::at(at(1000)), tenant }
    }

    /// Confirms an address of the shop's team, as its recipient would.
    pub async fn confirm(&self, address: &str) {
        fixtures::confirmed_recipient(&self.store, address).await;
    }

    /// Publishes a valid workflow. `more` holds further members of the document, such as settings
    /// or filters.
    pub async fn publish(&self, name: &str, trigger: &str, steps: Value, more: Value) -> Workflow {
        let document = document(name, trigger, steps, more);
        Definition::read(&document).unwrap_or_else(|faults| panic!("{faults:#?}"));
        self.publish_unchecked(name, document).await
    }

    /// Publishes a workflow that passes the checks for saved documents, but not necessarily those
    /// for new documents.
    pub async fn publish_saved(&self, name: &str, trigger: &str, steps: Value, more: Value) -> Workflow {
        let document = document(name, trigger, steps, more);
        Definition::read_saved(&document).unwrap_or_else(|faults| panic!("{faults:#?}"));
        self.publish_unchecked(name, document).await
    }

    async fn publish_unchecked(&self, name: &str, document: Value) -> Workflow {
        let workflow = Workflow::draft(WorkflowId::new(at(0), bits80(&[name])), document, at(0));
        self.store.create_workflow(&workflow).await.expect("created");
        self.store
            .publish_workflow(&workflow, &Quotas::default(), at(1))
            .await
            .expect("published")
            .expect("within the quotas")
            .expect("the workflow has not changed since it was read")
    }

    /// Builds a `CouponRedeemed` event that occurs at `fixtures::at(ms)`.
    pub fn redeemed_event(&self, coupon: &Coupon, order: &str, email: &str, ms: i64) -> Event {
        let redemption = fixtures::redemption(coupon, order, email, at(ms));
        Event::coupon_redeemed(&self.tenant, CouponSnapshot::from(coupon), &redemption, RedemptionNumber::FIRST, None)
    }

    /// Builds a `CouponApplied` event that occurs at `fixtures::at(ms)`.
    pub fn applied_event(&self, coupon: &Coupon, order: &str, email: &str, ms: i64) -> Event {
        let redemption = fixtures::redemption(coupon, order, email, at(ms));
        let checkout = fixtures::checkout(coupon.terms.code.as_str(), order, email);
        let price = couponflow_domain::purchases::decision::decide(
            coupon,
            &checkout.order,
            &couponflow_domain::purchases::pricing::Remainder::of(&checkout.order),
            checkout.customer.as_ref(),
            at(ms),
        )
        .expect("a valid purchase");
        let application = Application::new(
            &fixtures::tenant_secret(),
            fixtures::owner(),
            coupon,
            checkout.purchase(&coupon.terms.code),
            price,
            redemption.created_at,
        );
        Event::coupon_applied(&self.tenant, CouponSnapshot::from(coupon), &application, Revision::FIRST, None)
    }

    /// Builds a `CouponExpired` event that occurs at `fixtures::at(ms)`.
    pub fn expired_event(&self, coupon: &Coupon, ms: i64) -> Event {
        Event::coupon_expired(&self.tenant, CouponSnapshot::from(coupon), at(ms))
    }

    /// Logs an event and handles it, like the relay and the executor.
    pub async fn handle(&self, event: &Event) {
        self.log(event).await;
        self.handle_with(&self.table, event).await.expect("handled");
    }

    /// Logs an event, like the relay before it publishes.
    pub async fn log(&self, event: &Event) {
        self.store.log_events(std::slice::from_ref(event)).await.expect("logged");
    }

    /// Handles an event on a function instance whose calls of DynamoDB may fail, such as
    /// [`Dynamo::dying_instance`]. `table` is the table of this instance. Does not log the event.
    ///
    /// # Errors
    /// Returns the error of the instance.
    pub async fn handle_with(&self, table: &Table, event: &Event) -> Result<(), StoreError> {
        self.clock.set(event.metadata.occurred_at);
        handle_event(&table.of(&self.tenant), table, &self.outbound, &self.clock, event).await
    }

    /// Advances the clock to `fixtures::at(until_ms)` and fires every timer that is due by then,
    /// including timers that are set meanwhile.
    pub async fn advance_to(&self, until_ms: i64) {
        self.advance_with(&self.table, until_ms).await.expect("fired");
    }

    /// Does the same as [`ExecutorHarness::advance_to`], with an instance that may fail.
    ///
    /// # Errors
    /// Returns the error of the instance.
    pub async fn advance_with(&self, table: &Table, until_ms: i64) -> Result<(), StoreError> {
        let mut left_for_later = Vec::new();
        loop {
            let mut due = timers(&self.dynamo).await;
            due.retain(|timer| timer.due_at <= at(until_ms) && !left_for_later.contains(timer));
            let Some(second) = due.first().map(|first| first.due_at + TimeDelta::seconds(1)) else { break };
            // Fire the timers of one second at a time, because a fired timer may set a new timer
            // that is due before the others.
            for timer in due.into_iter().take_while(|timer| timer.due_at < second) {
                self.clock.set(timer.due_at);
                // `NotYet` means that the timer must be delivered again later. For example, an
                // instance died while it held the lease of the timer's execution. Advance the
                // clock, so that the lease ends.
                if self.fire_with(table, &timer).await? == FireOutcome::NotYet {
                    match self.clock.now() < timer.due_at + TimeDelta::minutes(10) {
                        true => self.clock.set(self.clock.now() + TimeDelta::minutes(3)),
                        false => left_for_later.push(timer),
                    }
                }
            }
        }
        self.clock.set(at(until_ms));
        Ok(())
    }

    /// Fires a timer, even if it is no longer in the table.
    ///
    /// # Errors
    /// Returns the error of the instance.
    pub async fn fire_with(&self, table: &Table, timer: &Timer) -> Result<FireOutcome, StoreError> {
        fire(table, table, &self.outbound, &self.clock, timer).await
    }

    /// Lists the executions of a workflow, oldest first.
    pub async fn executions_of(&self, workflow: &Workflow) -> Vec<Execution> {
        let query = ExecutionQuery { workflow_id: Some(workflow.id.clone()), ..ExecutionQuery::default() };
        let mut executions = Vec::new();
        let mut cursor = None;
        loop {
            let page = PageRequest { limit: 100, cursor };
            let page = self.store.executions(&query, &page).await.expect("executions");
            executions.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                executions.reverse();
                return executions;
            }
        }
    }

    /// Reads the only execution of a workflow. Panics if there is none or more than one.
    pub async fn execution_of(&self, workflow: &Workflow) -> Execution {
        let mut executions = self.executions_of(workflow).await;
        assert_eq!(executions.len(), 1, "{executions:#?}");
        executions.remove(0)
    }
}

fn document(name: &str, trigger: &str, steps: Value, more: Value) -> Value {
    let mut document = json!({"name": name, "trigger": {"type": trigger}, "steps": steps});
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    document
}

/// Returns the recorded steps of an execution as `<id> <status>`.
pub fn steps_of(execution: &Execution) -> Vec<String> {
    let status = |status| json!(status).as_str().expect("a string").to_owned();
    execution.steps.iter().map(|step| format!("{} {}", step.id, status(step.status))).collect()
}
