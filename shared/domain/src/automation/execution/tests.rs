mod signals;
mod waiting;

use serde_json::{Value, json};

use super::*;
use crate::automation::actions::Action;
use crate::automation::filter::Subject;
use crate::automation::workflow::{Definition, Next, Observed};
use crate::contacts::contact::SetChange;
use crate::coupons::coupon::{Coupon, Terms};
use crate::delivery::webhook;
use crate::delivery::webhook::RetryAfter;
use crate::events::event::CouponSnapshot;
use crate::kernel::cursor::Cursor;
use crate::kernel::digest::Bits80;
use crate::kernel::input;
use crate::purchases::customer::{Customer, Email};
use crate::tenants::tenant::TenantId;

const RANDOM_BITS: Bits80 = [1; 10];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn coupon(bits: u8) -> CouponSnapshot {
    let terms = json!({"code": "BETA50", "name": "Beta", "discount": {"type": "percentage", "percent_off": 50}});
    CouponSnapshot::from(&Coupon::new(
        CouponId::new(at(0), [bits; 10]),
        input::read(&terms, Terms::read).unwrap(),
        at(0),
    ))
}

/// Event of this type about a coupon, without the other data of this type.
fn event(kind: EventType, coupon_bits: u8, seconds: i64) -> Event {
    let tenant = TenantId::parse("demo").unwrap();
    Event { kind, ..Event::coupon_expired(&tenant, coupon(coupon_bits), at(seconds)) }
}

fn defined(steps: Value, more: Value) -> Definition {
    let mut document = json!({"name": "w", "trigger": {"type": "coupon_applied"}, "steps": steps});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Definition::read(&document).unwrap()
}

/// Execution for an event at second 0, created at second 5.
fn begun(definition: &Definition) -> Execution {
    let workflow = PublishedWorkflow {
        id: WorkflowId::new(at(0), [2; 10]),
        version: WorkflowVersion::new(3),
        definition: definition.clone(),
    };
    let contact = Some(ContactId::new(at(0), [3; 10]));
    Execution::new(&event(EventType::CouponApplied, 1, 0), contact, &workflow, Vec::new(), at(5))
}

/// Execution of a workflow that adds a tag, sends an e-mail, waits an hour and adds a tag.
fn given() -> (Execution, Definition) {
    let steps = json!([
        {"id": "tag", "type": "add_tag", "tag": "a"},
        {"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
        {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "again", "type": "add_tag", "tag": "b"},
    ]);
    let definition = defined(steps, json!({}));
    (begun(&definition), definition)
}

fn claimed(execution: &Execution, workflow: &Definition, now: i64) -> Execution {
    match execution.next_action(workflow, RANDOM_BITS, at(now)) {
        NextAction::Perform(claim) => *claim,
        other => panic!("expected a claim, got {other:?}"),
    }
}

fn with(execution: &Execution, workflow: &Definition, outcome: Outcome, now: i64) -> Execution {
    execution.record(workflow, &AttemptResult::without_input(outcome), [0; 10], at(now))
}

fn done(execution: &Execution, workflow: &Definition, now: i64) -> Execution {
    with(execution, workflow, Outcome::Completed(Map::new()), now)
}

/// Claims the current step and records an outcome.
fn perform(execution: &Execution, workflow: &Definition, outcome: Outcome, now: i64) -> Execution {
    with(&claimed(execution, workflow, now), workflow, outcome, now)
}

fn statuses(execution: &Execution) -> Vec<String> {
    execution.steps.iter().map(|step| format!("{} {}", step.id, json!(step.status).as_str().unwrap())).collect()
}

fn notified(execution: &Execution, workflow: &Definition, event: &Event, now: i64) -> Option<Execution> {
    let signal =
        Signal { observed: Observed::Event(Subject { event, tags: None }), occurred_at: event.metadata.occurred_at };
    execution.notify(workflow, signal, at(now))
}

#[test]
fn steps_run_in_order_and_every_transition_has_its_own_revision() {
    let (execution, workflow) = given();
    let tagged = perform(&execution, &workflow, Outcome::Completed(Map::new()), 6);
    let mailed = perform(&tagged, &workflow, Outcome::Completed(Map::new()), 7);
    let waiting = perform(&mailed, &workflow, Outcome::WaitUntil(at(3605)), 8);
    assert_eq!(waiting.status, ExecutionStatus::Waiting);
    assert_eq!(waiting.next_action(&workflow, RANDOM_BITS, at(3604)), NextAction::Sleep(at(3605)));
    let NextAction::Settled(woken) = waiting.next_action(&workflow, RANDOM_BITS, at(3605)) else {
        panic!("the wait is over")
    };
    let completed = perform(&woken, &workflow, Outcome::Completed(Map::new()), 3606);
    assert_eq!(completed.status, ExecutionStatus::Completed);
    assert_eq!(completed.next_action(&workflow, RANDOM_BITS, at(3608)), NextAction::Ended);
    assert_eq!(completed.revision.get(), 10);
    assert_eq!(statuses(&completed), ["tag completed", "mail completed", "pause completed", "again completed"]);
}

#[test]
fn leased_step_is_not_claimed_until_the_lease_expires() {
    let (execution, workflow) = given();
    let claim = claimed(&execution, &workflow, 10);
    assert_eq!(claim.next_action(&workflow, RANDOM_BITS, at(69)), NextAction::Leased);
    assert_eq!(claimed(&claim, &workflow, 70).steps[0].attempts.len(), 2);
}

#[test]
fn claims_at_the_same_instant_have_different_tokens() {
    let (execution, workflow) = given();
    assert_ne!(execution.next_action(&workflow, [1; 10], at(9)), execution.next_action(&workflow, [2; 10], at(9)));
}

#[test]
fn random_seed_of_a_step_is_the_same_at_each_attempt() {
    let (execution, workflow) = given();
    let first = claimed(&execution, &workflow, 10);
    let NextAction::Perform(second) = first.next_action(&workflow, [9; 10], at(100)) else { panic!("taken over") };
    assert_eq!(second.steps[0].memory.seed, first.steps[0].memory.seed);
}

#[test]
fn step_that_is_always_interrupted_fails_after_its_last_attempt() {
    let (mut execution, workflow) = given();
    for attempt in 0..MAX_ATTEMPTS {
        execution = claimed(&execution, &workflow, 10 + i64::try_from(attempt).unwrap() * 100);
    }
    let NextAction::Settled(settled) = execution.next_action(&workflow, RANDOM_BITS, at(99_999)) else {
        panic!("no further attempt")
    };
    assert_eq!(settled.status, ExecutionStatus::Failed);
}

#[test]
fn interrupted_webhook_keeps_the_attempts_of_its_schedule() {
    let definition = defined(json!([{"id": "hook", "type": "webhook", "url": "https://example.com/x"}]), json!({}));
    let day = 86_400;
    let seven = (0..7).fold(begun(&definition), |execution, attempt| {
        perform(&execution, &definition, Outcome::Retry("answered 503".to_owned()), 10 + attempt * day)
    });
    let cut_off = claimed(&seven, &definition, 7 * day);
    let last = claimed(&cut_off, &definition, 8 * day);
    assert_eq!(last.steps[0].attempts.len(), 9);
    assert!(
        matches!(last.next_action(&definition, RANDOM_BITS, at(9 * day)), NextAction::Settled(failed) if failed.status.is_over())
    );
}

#[test]
fn next_attempt_respects_both_retry_after_and_the_schedule() {
    let hook = json!({"id": "hook", "type": "webhook", "url": "https://example.com/x"});
    let chat = json!({"id": "chat", "type": "notify", "channel": "slack", "url": "https://example.com/x", "text": "t"});
    for step in [hook, chat] {
        let definition = defined(json!([step]), json!({}));
        let after = |asked: RetryAfter| {
            let outcome = Outcome::RetryAfter("answered 429".to_owned(), asked);
            perform(&begun(&definition), &definition, outcome, 10)
        };
        let seconds = |seconds| after(RetryAfter::Delay(TimeDelta::seconds(seconds)));
        let scheduled = perform(&begun(&definition), &definition, Outcome::Retry("answered 429".to_owned()), 10);
        assert!(scheduled.wake_at.unwrap() > at(12), "{scheduled:#?}");
        assert_eq!(seconds(1).wake_at, scheduled.wake_at, "never before the scheduled attempt");
        assert_eq!(seconds(120).wake_at, Some(at(130)));
        assert_eq!(after(RetryAfter::Date(at(500))).wake_at, Some(at(500)));
        assert_eq!(after(RetryAfter::Date(at(-500))).wake_at, scheduled.wake_at);
        assert_eq!(seconds(i64::MAX / 1000).wake_at, Some(at(10) + TimeDelta::days(1)), "at most a day later");
        let record = &seconds(120).steps[0];
        let why = record.detail.as_deref().unwrap();
        assert!(why.starts_with("answered 429") && why.contains("Retry-After"), "{why}");
        assert_eq!((record.status, record.attempts.len()), (StepStatus::Waiting, 1), "it counts as an attempt");
    }
}

#[test]
fn retry_after_does_not_change_the_number_of_webhook_attempts() {
    let definition = defined(json!([{"id": "hook", "type": "webhook", "url": "https://example.com/x"}]), json!({}));
    let mut execution = begun(&definition);
    let (mut now, mut attempts) = (10, 0);
    while !execution.status.is_over() {
        let asked = RetryAfter::Delay(TimeDelta::days(3));
        execution = perform(&execution, &definition, Outcome::RetryAfter("answered 503".to_owned(), asked), now);
        (now, attempts) = (now + 200_000, attempts + 1);
    }
    assert_eq!((execution.status, attempts), (ExecutionStatus::Failed, webhook::MAX_ATTEMPTS));
}

#[test]
fn execution_of_an_erased_contact_is_cancelled_and_its_customer_is_removed() {
    let (mut execution, workflow) = given();
    let email = Email::parse("ana@example.com").ok();
    execution.event.data.customer =
        Some(Customer { email, id: None, first_name: None, last_name: None, verified: true });
    let erased = execution.cancel_for_erasure(at(10)).unwrap();
    assert_eq!((erased.status, erased.detail.as_deref()), (ExecutionStatus::Cancelled, Some("the contact was erased")));
    assert_eq!(erased.event.data.customer, None);
    assert_eq!(erased.cancel_for_erasure(at(20)), None);
    let without_contact = Execution { contact: None, ..execution };
    assert_eq!(
        claimed(&without_contact, &workflow, 10).event.data.customer,
        None,
        "steps do not see a customer without a contact"
    );
}

/// Returns the parts of an execution that can identify the customer. `Debug` shows none of them.
fn personal_parts(execution: &Execution) -> String {
    let step = |step: &StepRecord| {
        let errors: Vec<_> = step.attempts.iter().map(|attempt| &attempt.error).collect();
        json!([step.input, step.output, step.detail, errors])
    };
    let steps: Vec<_> = execution.steps.iter().map(step).collect();
    json!([execution.event, execution.detail, execution.given, steps]).to_string()
}

#[test]
fn late_report_of_an_erased_contact_adds_nothing_that_identifies_the_customer() {
    let (mut execution, workflow) = given();
    let email = Email::parse("ana@example.com").ok();
    execution.event.data.customer =
        Some(Customer { email, id: None, first_name: None, last_name: None, verified: true });
    execution.contact = Some(crate::kernel::ids::ContactId::new(at(0), [1; 10]));
    let claim = claimed(&execution, &workflow, 10);
    assert!(personal_parts(&claim).contains("ana@"), "the parts must include the address");
    let token = claim.lease.clone().unwrap().token;
    let erased = claim.cancel_for_erasure(at(11)).unwrap();
    let input = json!({"to": ["ana@example.com"]}).as_object().unwrap().clone();
    let answered = "answered 400: ana@example.com".to_owned();
    let sent = json!({"message_id": "m1"}).as_object().unwrap().clone();
    for outcome in [Outcome::Failed(answered), Outcome::Completed(sent)] {
        let done = AttemptResult { input: input.clone(), outcome };
        let late = erased.record_late(&token, &done, at(12)).unwrap();
        assert!(!personal_parts(&late).contains("ana@"), "{late:#?}");
        assert!(late.steps[0].finished_at.is_some() && late.steps[0].attempts[0].outcome.is_some(), "{late:#?}");
    }
}

#[test]
fn on_unknown_decides_what_follows_a_message_with_an_unknown_outcome() {
    let settled = |policy: &str| {
        let steps = json!([{"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
            {"id": "tag", "type": "add_tag", "tag": "a"}]);
        let workflow = defined(steps, json!({"on_unknown": policy}));
        let claim = claimed(&begun(&workflow), &workflow, 10);
        match claim.next_action(&workflow, RANDOM_BITS, at(100)) {
            NextAction::Settled(settled) => (*settled, workflow),
            other => panic!("must not be performed again, but got {other:?}"),
        }
    };
    let (continued, _) = settled("continue");
    assert_eq!((statuses(&continued), continued.position), (vec!["mail unknown".to_owned()], 1));
    let (stopped, _) = settled("stop");
    assert_eq!((statuses(&stopped), stopped.status), (vec!["mail unknown".to_owned()], ExecutionStatus::Failed));
    let (again, workflow) = settled("retry");
    assert_eq!((statuses(&again), again.status), (vec!["mail unknown".to_owned()], ExecutionStatus::Waiting));
    assert_eq!(
        again.next_action(&workflow, RANDOM_BITS, at(699)),
        NextAction::Sleep(at(700)),
        "a delivery report may still arrive"
    );
    assert_eq!(claimed(&again, &workflow, 700).steps[0].attempts.len(), 2);
}

#[test]
fn execution_fails_after_the_last_attempt_of_a_failing_step() {
    let (mut execution, workflow) = given();
    let mut now = 10;
    let mut waits = Vec::new();
    while execution.status != ExecutionStatus::Failed {
        let claim = claimed(&execution, &workflow, now);
        let retry = AttemptResult::without_input(Outcome::Retry("throttled".into()));
        execution = claim.record(&workflow, &retry, [255; 10], at(now));
        if let Some(wake_at) = execution.wake_at {
            assert_eq!(
                execution.next_action(&workflow, RANDOM_BITS, wake_at - TimeDelta::seconds(1)),
                NextAction::Sleep(wake_at)
            );
            waits.push((wake_at - at(now)).num_seconds());
            now += waits.last().unwrap() + 1;
        }
    }
    assert_eq!(execution.steps[0].attempts.len(), MAX_ATTEMPTS);
    assert_eq!(waits, [7, 14, 29, 59, 119, 239, 479]);
    assert_eq!(execution.next_action(&workflow, RANDOM_BITS, at(now + 9999)), NextAction::Ended);
}

#[test]
fn retried_execution_resumes_at_the_failed_step_with_new_attempts() {
    let (execution, workflow) = given();
    let tagged = perform(&execution, &workflow, Outcome::Completed(Map::new()), 6);
    let failed = perform(&tagged, &workflow, Outcome::Failed("rejected".into()), 7);
    assert_eq!((failed.status, tagged.retry(at(8))), (ExecutionStatus::Failed, None));
    let again = failed.retry(at(50)).unwrap();
    let claim = claimed(&again, &workflow, 50);
    assert_eq!((claim.steps[1].attempts.len(), claim.steps[1].tries()), (2, 1));
    assert_eq!(done(&claim, &workflow, 51).position, 2);
}

#[test]
fn on_failure_decides_whether_a_failed_execution_stops_continues_or_sends_an_alert() {
    let failed = |more: Value| {
        let steps = json!([{"id": "a", "type": "add_tag", "tag": "a"}, {"id": "b", "type": "add_tag", "tag": "b"}]);
        let workflow = defined(steps, more);
        (perform(&begun(&workflow), &workflow, Outcome::Failed("no".into()), 10), workflow)
    };
    assert_eq!(failed(json!({})).0.status, ExecutionStatus::Failed);
    let (goes_on, workflow) = failed(json!({"on_failure": "continue"}));
    let goes_on = perform(&goes_on, &workflow, Outcome::Completed(Map::new()), 11);
    assert_eq!(
        (goes_on.status, statuses(&goes_on)),
        (ExecutionStatus::Completed, vec!["a failed".into(), "b completed".into()])
    );
    let (telling, workflow) = failed(json!({"on_failure": {"alert": ["team@example.com"]}}));
    assert_eq!(telling.status, ExecutionStatus::Running);
    let claim = claimed(&telling, &workflow, 11);
    assert!(matches!(workflow.steps[claim.position].action, Action::Alert(_)));
    let alerted = done(&claim, &workflow, 12);
    assert_eq!(
        (alerted.status, statuses(&alerted)),
        (ExecutionStatus::Failed, vec!["a failed".into(), "on_failure completed".into()])
    );
    assert_eq!(alerted.retry(at(20)).unwrap().position, 0, "not the alert");
}

#[test]
fn deferred_step_uses_no_attempt_and_keeps_its_slot() {
    let (execution, workflow) = given();
    let instant = at(100);
    let schedule = SendSchedule::Account;
    let limited = Outcome::NotBefore { instant, why: "rate limited".into(), slot_of: Some(schedule) };
    let (queued, slot) = (perform(&execution, &workflow, limited, 10), Some(SendSlot { instant, schedule }));
    assert_eq!((queued.steps[0].attempts.len(), queued.steps[0].memory.slot), (0, slot));
    assert_eq!(queued.next_action(&workflow, RANDOM_BITS, at(99)), NextAction::Sleep(instant));
    assert_eq!(claimed(&queued, &workflow, 100).steps[0].memory.slot, slot);
}

#[test]
fn audience_is_processed_in_parts() {
    let steps = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "a"}]}, {"id": "after", "type": "add_tag", "tag": "b"}]);
    let workflow = defined(steps, json!({}));
    let part = |cursor: &str, begun| Outcome::More { cursor: Cursor::new(cursor), begun };
    let first = perform(&begun(&workflow), &workflow, part("c1", 500), 10);
    assert_eq!((first.wake_at, first.steps[0].memory.begun), (Some(at(10) + TimeDelta::milliseconds(1)), 500));
    let second = perform(&first, &workflow, part("c2", 70), 11);
    assert_eq!((second.steps[0].memory.cursor.clone(), second.steps[0].memory.begun), (Some(Cursor::new("c2")), 570));
    let after = perform(&second, &workflow, Outcome::Completed(Map::new()), 12);
    assert_eq!(after.position, 2, "the steps inside belong to the executions of the contacts");
    assert_eq!(workflow.steps[1].next, Next::End);
}

fn branching() -> Definition {
    let steps = json!([
        {"id": "which", "type": "branch", "branches": [
            {"filters": [{"field": "coupon_code", "operator": "is", "value": "BETA50"}], "steps": [
                {"id": "beta", "type": "add_tag", "tag": "beta"}]},
            {"filters": [{"field": "coupon_code", "operator": "is", "value": "NONE"}], "steps": []}],
         "else": [{"id": "other", "type": "add_tag", "tag": "other"}]},
        {"id": "last", "type": "add_tag", "tag": "last"}]);
    defined(steps, json!({}))
}

#[test]
fn each_branch_continues_after_the_branch_step() {
    let workflow = branching();
    let way = |way: usize| {
        let mut execution = perform(&begun(&workflow), &workflow, Outcome::TookBranch(way, String::new()), 10);
        while !execution.status.is_over() {
            execution = perform(&execution, &workflow, Outcome::Completed(Map::new()), 11);
        }
        execution.steps.into_iter().map(|step| step.id).collect::<Vec<_>>()
    };
    assert_eq!(way(0), ["which", "beta", "last"]);
    assert_eq!(way(1), ["which", "last"], "an empty branch");
    assert_eq!(way(2), ["which", "other", "last"]);
}

#[test]
fn same_event_and_workflow_give_the_same_execution_id() {
    let (a, _) = given();
    let (b, _) = given();
    assert_eq!(a.id.key(), b.id.key());
}
