use serde_json::json;

use super::*;
use crate::coupon::{Coupon, Terms};
use crate::event::CouponSnapshot;
use crate::ids::CouponId;
use crate::input;
use crate::tenant::TenantId;
use crate::workflow::Definition;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

/// given: a workflow that tags, mails, waits an hour and tags again.
fn given() -> (Execution, Vec<Step>) {
    let terms = json!({"code": "BETA50", "name": "Beta", "discount": {"type": "percentage", "percent_off": 50}});
    let coupon = Coupon::new(CouponId::new(at(0), [1; 10]), input::read(&terms, Terms::read).unwrap(), at(0));
    let tenant = TenantId::parse("demo").unwrap();
    let event = Event::coupon_expired(&tenant, CouponSnapshot::from(&coupon), at(0));
    let definition = Definition::read(&json!({
    "name": "w", "trigger": {"type": "coupon_expired"}, "steps": [
        {"id": "tag", "type": "add_tag", "tag": "a"},
        {"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
        {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "again", "type": "add_tag", "tag": "b"},
    ]}))
    .unwrap();
    let steps = definition.steps.clone();
    let workflow = Published { id: WorkflowId::new(at(0), [2; 10]), version: 3, definition };
    (Execution::new(&event, None, &workflow, at(0)), steps)
}

fn claimed(execution: &Execution, steps: &[Step], now: i64) -> Execution {
    match execution.turn(steps, [1; 10], at(now)) {
        Turn::Do(claim) => *claim,
        other => panic!("expected a step to do, not {other:?}"),
    }
}

fn done(execution: &Execution, now: i64) -> Execution {
    execution.record(&Outcome::Completed(Map::new()), [0; 10], at(now))
}

#[test]
fn steps_run_in_order_and_every_transition_has_its_revision() {
    let (execution, steps) = given();
    let tagged = done(&claimed(&execution, &steps, 1), 2);
    let mailed = done(&claimed(&tagged, &steps, 3), 4);
    let waiting = claimed(&mailed, &steps, 5).record(&Outcome::WaitUntil(at(3605)), [0; 10], at(5));
    assert_eq!(waiting.status, ExecutionStatus::Waiting);
    assert_eq!(waiting.turn(&steps, [1; 10], at(3604)), Turn::Asleep(at(3605)));
    let Turn::Settled(woken) = waiting.turn(&steps, [1; 10], at(3605)) else { panic!("the wait is over") };
    let completed = done(&claimed(&woken, &steps, 3606), 3607);
    assert_eq!(completed.status, ExecutionStatus::Completed);
    assert_eq!(completed.turn(&steps, [1; 10], at(3608)), Turn::Ended);
    assert_eq!(completed.revision, 10);
}

#[test]
fn a_leased_step_is_left_alone_until_the_lease_runs_out() {
    let (execution, steps) = given();
    let claim = claimed(&execution, &steps, 0);
    assert_eq!(claim.turn(&steps, [1; 10], at(59)), Turn::Leased);
    assert_eq!(claimed(&claim, &steps, 60).steps[0].attempts, 2);
}

#[test]
fn two_claims_at_the_same_instant_differ() {
    let (execution, steps) = given();
    assert_ne!(execution.turn(&steps, [1; 10], at(0)), execution.turn(&steps, [2; 10], at(0)));
}

#[test]
fn a_step_that_is_cut_off_each_time_fails_in_the_end() {
    let (mut execution, steps) = given();
    for attempt in 0..MAX_ATTEMPTS {
        execution = claimed(&execution, &steps, i64::from(attempt) * 100);
    }
    let Turn::Settled(settled) = execution.turn(&steps, [1; 10], at(99_999)) else { panic!("no further attempt") };
    assert_eq!(settled.status, ExecutionStatus::Failed);
}

#[test]
fn an_email_whose_outcome_was_lost_is_not_sent_again() {
    let (execution, steps) = given();
    let mailing = claimed(&done(&claimed(&execution, &steps, 0), 1), &steps, 2);
    let Turn::Settled(settled) = mailing.turn(&steps, [1; 10], at(100)) else { panic!("must not be done again") };
    assert_eq!(settled.steps[1].status, StepStatus::Unknown);
    assert_eq!(settled.position, 2);
}

#[test]
fn a_step_that_keeps_failing_ends_the_execution_after_its_last_attempt() {
    let (mut execution, steps) = given();
    let mut now = 0;
    let mut waits = Vec::new();
    while execution.status != ExecutionStatus::Failed {
        let claim = claimed(&execution, &steps, now);
        execution = claim.record(&Outcome::Retry("throttled".into()), [255; 10], at(now));
        if let Some(wake_at) = execution.wake_at {
            assert_eq!(execution.turn(&steps, [1; 10], wake_at - TimeDelta::seconds(1)), Turn::Asleep(wake_at));
            waits.push((wake_at - at(now)).num_seconds());
            now += waits.last().unwrap() + 1;
        }
    }
    assert_eq!(execution.steps[0].attempts, MAX_ATTEMPTS);
    assert_eq!(waits, [7, 14, 29, 59, 119, 239, 479]);
    assert_eq!(execution.turn(&steps, [1; 10], at(now + 9999)), Turn::Ended);
}

#[test]
fn the_same_event_and_workflow_make_the_same_execution() {
    let (a, _) = given();
    let (b, _) = given();
    assert_eq!(a.id.key(), b.id.key());
}
