use serde_json::{Value, json};

use super::*;
use crate::contact::SetChange;
use crate::coupon::{Coupon, Terms};
use crate::digest::Bits80;
use crate::event::CouponSnapshot;
use crate::filter::Subject;
use crate::input;
use crate::tenant::TenantId;
use crate::workflow::{Action, Definition, Heard, Next};

const DICE: Bits80 = [1; 10];

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

/// An event of a type about a coupon. What else such an event has does not matter here.
fn event(kind: EventType, coupon_bits: u8, seconds: i64) -> Event {
    let tenant = TenantId::parse("demo").unwrap();
    Event { kind, ..Event::coupon_expired(&tenant, coupon(coupon_bits), at(seconds)) }
}

fn defined(steps: Value, more: Value) -> Definition {
    let mut document = json!({"name": "w", "trigger": {"type": "coupon_applied"}, "steps": steps});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Definition::read(&document).unwrap()
}

/// given: an execution for an event at 0, begun at 5.
fn begun(definition: &Definition) -> Execution {
    let workflow = Published { id: WorkflowId::new(at(0), [2; 10]), version: 3, definition: definition.clone() };
    let contact = Some(ContactId::new(at(0), [3; 10]));
    Execution::new(&event(EventType::CouponApplied, 1, 0), contact, &workflow, Vec::new(), at(5))
}

/// given: a workflow that tags, mails, waits an hour and tags again.
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
    match execution.turn(workflow, DICE, at(now)) {
        Turn::Do(claim) => *claim,
        other => panic!("expected a step to do, not {other:?}"),
    }
}

fn with(execution: &Execution, workflow: &Definition, outcome: Outcome, now: i64) -> Execution {
    execution.record(workflow, &Done::without_input(outcome), [0; 10], at(now))
}

fn done(execution: &Execution, workflow: &Definition, now: i64) -> Execution {
    with(execution, workflow, Outcome::Completed(Map::new()), now)
}

/// Claims and records one step after the other.
fn does(execution: &Execution, workflow: &Definition, outcome: Outcome, now: i64) -> Execution {
    with(&claimed(execution, workflow, now), workflow, outcome, now)
}

fn statuses(execution: &Execution) -> Vec<String> {
    execution.steps.iter().map(|step| format!("{} {}", step.id, json!(step.status).as_str().unwrap())).collect()
}

fn hears(execution: &Execution, workflow: &Definition, event: &Event, now: i64) -> Option<Execution> {
    let news = News { heard: Heard::Event(Subject { event, tags: None }), occurred_at: event.metadata.occurred_at };
    execution.hear(workflow, news, at(now))
}

#[test]
fn steps_run_in_order_and_every_transition_has_its_revision() {
    let (execution, workflow) = given();
    let tagged = does(&execution, &workflow, Outcome::Completed(Map::new()), 6);
    let mailed = does(&tagged, &workflow, Outcome::Completed(Map::new()), 7);
    let waiting = does(&mailed, &workflow, Outcome::WaitUntil(at(3605)), 8);
    assert_eq!(waiting.status, ExecutionStatus::Waiting);
    assert_eq!(waiting.turn(&workflow, DICE, at(3604)), Turn::Asleep(at(3605)));
    let Turn::Settled(woken) = waiting.turn(&workflow, DICE, at(3605)) else { panic!("the wait is over") };
    let completed = does(&woken, &workflow, Outcome::Completed(Map::new()), 3606);
    assert_eq!(completed.status, ExecutionStatus::Completed);
    assert_eq!(completed.turn(&workflow, DICE, at(3608)), Turn::Ended);
    assert_eq!(completed.revision, 10);
    assert_eq!(statuses(&completed), ["tag completed", "mail completed", "pause completed", "again completed"]);
}

#[test]
fn a_leased_step_is_left_alone_until_the_lease_runs_out() {
    let (execution, workflow) = given();
    let claim = claimed(&execution, &workflow, 10);
    assert_eq!(claim.turn(&workflow, DICE, at(69)), Turn::Leased);
    assert_eq!(claimed(&claim, &workflow, 70).steps[0].attempts.len(), 2);
}

#[test]
fn two_claims_at_the_same_instant_differ() {
    let (execution, workflow) = given();
    assert_ne!(execution.turn(&workflow, [1; 10], at(9)), execution.turn(&workflow, [2; 10], at(9)));
}

#[test]
fn what_a_step_draws_at_random_is_the_same_at_each_attempt() {
    let (execution, workflow) = given();
    let first = claimed(&execution, &workflow, 10);
    let Turn::Do(second) = first.turn(&workflow, [9; 10], at(100)) else { panic!("taken over") };
    assert_eq!(second.steps[0].memory.seed, first.steps[0].memory.seed);
}

#[test]
fn a_step_that_is_cut_off_each_time_fails_in_the_end() {
    let (mut execution, workflow) = given();
    for attempt in 0..MAX_ATTEMPTS {
        execution = claimed(&execution, &workflow, 10 + i64::try_from(attempt).unwrap() * 100);
    }
    let Turn::Settled(settled) = execution.turn(&workflow, DICE, at(99_999)) else { panic!("no further attempt") };
    assert_eq!(settled.status, ExecutionStatus::Failed);
}

#[test]
fn a_webhook_that_is_cut_off_keeps_the_attempts_of_its_schedule() {
    let definition = defined(json!([{"id": "hook", "type": "webhook", "url": "https://example.com/x"}]), json!({}));
    let day = 86_400;
    let seven = (0..7).fold(begun(&definition), |execution, attempt| {
        does(&execution, &definition, Outcome::Retry("answered 503".to_owned()), 10 + attempt * day)
    });
    let cut_off = claimed(&seven, &definition, 7 * day);
    let last = claimed(&cut_off, &definition, 8 * day);
    assert_eq!(last.steps[0].attempts.len(), 9);
    assert!(matches!(last.turn(&definition, DICE, at(9 * day)), Turn::Settled(failed) if failed.status.is_over()));
}

#[test]
fn a_message_whose_outcome_was_lost_is_settled_by_the_policy() {
    let settled = |policy: &str| {
        let steps = json!([{"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
            {"id": "tag", "type": "add_tag", "tag": "a"}]);
        let workflow = defined(steps, json!({"on_unknown": policy}));
        let claim = claimed(&begun(&workflow), &workflow, 10);
        match claim.turn(&workflow, DICE, at(100)) {
            Turn::Settled(settled) => (*settled, workflow),
            other => panic!("must not be done again, but {other:?}"),
        }
    };
    let (continued, _) = settled("continue");
    assert_eq!((statuses(&continued), continued.position), (vec!["mail unknown".to_owned()], 1));
    let (stopped, _) = settled("stop");
    assert_eq!((statuses(&stopped), stopped.status), (vec!["mail unknown".to_owned()], ExecutionStatus::Failed));
    let (again, workflow) = settled("retry");
    assert_eq!((statuses(&again), again.status), (vec!["mail unknown".to_owned()], ExecutionStatus::Waiting));
    assert_eq!(again.turn(&workflow, DICE, at(699)), Turn::Asleep(at(700)), "a report of its delivery may come");
    assert_eq!(claimed(&again, &workflow, 700).steps[0].attempts.len(), 2);
}

#[test]
fn a_step_that_keeps_failing_ends_the_execution_after_its_last_attempt() {
    let (mut execution, workflow) = given();
    let mut now = 10;
    let mut waits = Vec::new();
    while execution.status != ExecutionStatus::Failed {
        let claim = claimed(&execution, &workflow, now);
        let retry = Done::without_input(Outcome::Retry("throttled".into()));
        execution = claim.record(&workflow, &retry, [255; 10], at(now));
        if let Some(wake_at) = execution.wake_at {
            assert_eq!(execution.turn(&workflow, DICE, wake_at - TimeDelta::seconds(1)), Turn::Asleep(wake_at));
            waits.push((wake_at - at(now)).num_seconds());
            now += waits.last().unwrap() + 1;
        }
    }
    assert_eq!(execution.steps[0].attempts.len(), MAX_ATTEMPTS);
    assert_eq!(waits, [7, 14, 29, 59, 119, 239, 479]);
    assert_eq!(execution.turn(&workflow, DICE, at(now + 9999)), Turn::Ended);
}

#[test]
fn a_failed_execution_is_tried_again_from_the_step_that_failed_with_all_its_attempts() {
    let (execution, workflow) = given();
    let tagged = does(&execution, &workflow, Outcome::Completed(Map::new()), 6);
    let failed = does(&tagged, &workflow, Outcome::Failed("refused".into()), 7);
    assert_eq!((failed.status, tagged.retry(at(8))), (ExecutionStatus::Failed, None));
    let again = failed.retry(at(50)).unwrap();
    let claim = claimed(&again, &workflow, 50);
    assert_eq!((claim.steps[1].attempts.len(), claim.steps[1].tries()), (2, 1));
    assert_eq!(done(&claim, &workflow, 51).position, 2);
}

#[test]
fn on_failure_an_execution_stops_goes_on_or_tells_somebody_first() {
    let failed = |more: Value| {
        let steps = json!([{"id": "a", "type": "add_tag", "tag": "a"}, {"id": "b", "type": "add_tag", "tag": "b"}]);
        let workflow = defined(steps, more);
        (does(&begun(&workflow), &workflow, Outcome::Failed("no".into()), 10), workflow)
    };
    assert_eq!(failed(json!({})).0.status, ExecutionStatus::Failed);
    let (goes_on, workflow) = failed(json!({"on_failure": "continue"}));
    let goes_on = does(&goes_on, &workflow, Outcome::Completed(Map::new()), 11);
    assert_eq!(
        (goes_on.status, statuses(&goes_on)),
        (ExecutionStatus::Completed, vec!["a failed".into(), "b completed".into()])
    );
    let (telling, workflow) = failed(json!({"on_failure": {"alert": ["team@example.com"]}}));
    assert_eq!(telling.status, ExecutionStatus::Running);
    let claim = claimed(&telling, &workflow, 11);
    assert!(matches!(workflow.steps[claim.position].action, Action::Alert { .. }));
    let told = done(&claim, &workflow, 12);
    assert_eq!(
        (told.status, statuses(&told)),
        (ExecutionStatus::Failed, vec!["a failed".into(), "on_failure completed".into()])
    );
    assert_eq!(told.retry(at(20)).unwrap().position, 0, "not the alert");
}

#[test]
fn what_may_not_be_done_yet_costs_no_attempt_and_a_place_in_the_queue_is_kept() {
    let (execution, workflow) = given();
    let instant = at(100);
    let queued = does(&execution, &workflow, Outcome::NotBefore { instant, why: "its turn".into(), is_slot: true }, 10);
    assert_eq!((queued.steps[0].attempts.len(), queued.steps[0].memory.slot), (0, Some(instant)));
    assert_eq!(queued.turn(&workflow, DICE, at(99)), Turn::Asleep(instant));
    assert_eq!(claimed(&queued, &workflow, 100).steps[0].memory.slot, Some(instant));
}

#[test]
fn an_audience_is_taken_part_by_part() {
    let steps = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "a"}]}, {"id": "after", "type": "add_tag", "tag": "b"}]);
    let workflow = defined(steps, json!({}));
    let part = |cursor: &str, begun| Outcome::More { cursor: cursor.into(), begun };
    let first = does(&begun(&workflow), &workflow, part("c1", 500), 10);
    assert_eq!((first.wake_at, first.steps[0].memory.begun), (Some(at(10) + TimeDelta::milliseconds(1)), 500));
    let second = does(&first, &workflow, part("c2", 70), 11);
    assert_eq!((second.steps[0].memory.cursor.as_deref(), second.steps[0].memory.begun), (Some("c2"), 570));
    let after = does(&second, &workflow, Outcome::Completed(Map::new()), 12);
    assert_eq!(after.position, 2, "what is inside is for the contacts' own executions");
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
fn each_way_of_a_branch_leads_to_what_comes_after_it() {
    let workflow = branching();
    let way = |way: usize| {
        let mut execution = does(&begun(&workflow), &workflow, Outcome::Took(way, String::new()), 10);
        while !execution.status.is_over() {
            execution = does(&execution, &workflow, Outcome::Completed(Map::new()), 11);
        }
        execution.steps.into_iter().map(|step| step.id).collect::<Vec<_>>()
    };
    assert_eq!(way(0), ["which", "beta", "last"]);
    assert_eq!(way(1), ["which", "last"], "an empty way");
    assert_eq!(way(2), ["which", "other", "last"]);
}

#[test]
fn a_random_split_goes_by_its_weights() {
    let drawn = |weights: &[u32], draw| Action::drawn_way(weights, draw);
    assert_eq!((0..10).map(|draw| drawn(&[3, 1], draw)).collect::<Vec<_>>(), [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
    let share = (0..10_000_u64).filter(|i| {
        let bits = bits80(&[&i.to_string()]);
        drawn(&[9, 1], bits.iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte))) == 1
    });
    assert!((900..1100).contains(&share.count()));
}

fn bonus() -> Definition {
    let steps = json!([
        {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT24H",
         "then": [{"id": "thank", "type": "add_tag", "tag": "thank"}],
         "on_timeout": [{"id": "remind", "type": "add_tag", "tag": "remind"}]},
        {"id": "last", "type": "add_tag", "tag": "last"}]);
    defined(steps, json!({}))
}

#[test]
fn a_wait_for_an_event_goes_one_way_when_it_happens_and_the_other_when_it_does_not() {
    let workflow = bonus();
    let waiting = does(&begun(&workflow), &workflow, Outcome::ListenUntil(at(86_405)), 10);
    let happened = hears(&waiting, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!((happened.position, happened.status), (1, ExecutionStatus::Running));
    let Turn::Settled(late) = waiting.turn(&workflow, DICE, at(86_405)) else { panic!("the time is over") };
    assert_eq!(late.position, 2);
    assert_eq!(hears(&late, &workflow, &event(EventType::CouponRedeemed, 1, 86_400), 86_406), None, "too late");
}

#[test]
fn a_wait_hears_what_happened_since_the_event_and_only_what_it_waits_for() {
    let workflow = bonus();
    let waiting = does(&begun(&workflow), &workflow, Outcome::ListenUntil(at(86_405)), 10);
    let hears = |kind, coupon, seconds| hears(&waiting, &workflow, &event(kind, coupon, seconds), 61);
    assert!(hears(EventType::CouponRedeemed, 1, 3).is_some(), "between the event and the first step");
    assert_eq!(hears(EventType::CouponRedeemed, 1, -3), None, "before the event");
    assert_eq!(hears(EventType::CouponRedeemed, 2, 60), None, "another coupon");
    assert_eq!(hears(EventType::CouponApplied, 1, 60), None, "another event");
    let claim = claimed(&begun(&workflow), &workflow, 10);
    assert!(super::tests::hears(&claim, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).is_some(), "at once");
}

#[test]
fn hearing_the_same_again_changes_nothing() {
    let steps = json!([
        {"id": "first", "type": "wait_for_event", "event": "coupon_applied", "timeout": "PT1H"},
        {"id": "second", "type": "wait_for_event", "event": "coupon_applied", "timeout": "PT1H"}]);
    let workflow = defined(steps, json!({}));
    let again = event(EventType::CouponApplied, 1, 60);
    let waiting = does(&begun(&workflow), &workflow, Outcome::ListenUntil(at(3610)), 10);
    let heard = hears(&waiting, &workflow, &again, 61).unwrap();
    let second = does(&heard, &workflow, Outcome::ListenUntil(at(3670)), 70);
    assert_eq!(hears(&second, &workflow, &again, 71), None, "it came before the second wait");
    let own = event(EventType::CouponApplied, 1, 0);
    assert_eq!(hears(&waiting, &workflow, &own, 12), None, "the event that it runs for");
}

#[test]
fn a_tag_can_be_waited_for() {
    let steps = json!([{"id": "vip", "type": "wait_for_event", "event": "tag_added", "tag": "VIP", "timeout": "P7D"}]);
    let workflow = defined(steps, json!({}));
    let waiting = does(&begun(&workflow), &workflow, Outcome::ListenUntil(at(604_810)), 10);
    let hears = |change: SetChange| {
        let news = News { heard: Heard::Change(&change), occurred_at: at(60) };
        waiting.hear(&workflow, news, at(61)).is_some()
    };
    assert!(hears(SetChange::AddTag("VIP".into())));
    assert!(!hears(SetChange::AddTag("vip2".into())) && !hears(SetChange::RemoveTag("VIP".into())));
}

fn with_goal() -> Definition {
    let steps = json!([
        {"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
        {"id": "pause", "type": "wait", "for": "P3D"},
        {"id": "more", "type": "send_email", "subject": "s", "text": "t"},
        {"id": "bought", "type": "goal", "event": "coupon_redeemed"},
        {"id": "thank", "type": "add_tag", "tag": "customer"}]);
    defined(steps, json!({}))
}

#[test]
fn a_goal_that_is_met_is_jumped_to_whatever_the_execution_is_doing() {
    let workflow = with_goal();
    let mailed = does(&begun(&workflow), &workflow, Outcome::Completed(Map::new()), 10);
    let waiting = does(&mailed, &workflow, Outcome::WaitUntil(at(259_210)), 11);
    let bought = event(EventType::CouponRedeemed, 1, 60);
    let met = hears(&waiting, &workflow, &bought, 61).unwrap();
    assert_eq!(statuses(&met), ["mail completed", "pause skipped", "bought completed"]);
    let ended = does(&met, &workflow, Outcome::Completed(Map::new()), 62);
    assert_eq!(ended.status, ExecutionStatus::Completed);
    assert_eq!(hears(&met, &workflow, &event(EventType::CouponRedeemed, 1, 70), 71), None, "it lies behind");
}

#[test]
fn a_step_under_way_reports_after_the_goal_or_the_cancellation() {
    let workflow = with_goal();
    let claim = claimed(&begun(&workflow), &workflow, 10);
    let token = claim.lease.as_ref().unwrap().token.clone();
    let sent = Done::without_input(Outcome::Completed(Map::new()));
    let met = hears(&claim, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!(statuses(&met), ["mail unknown", "bought completed"]);
    let reported = met.record_late(&token, &sent, at(62)).unwrap();
    assert_eq!((statuses(&reported), reported.position), (vec!["mail completed".into(), "bought completed".into()], 4));
    let cancelled = claim.cancel("by an operator", at(61)).unwrap();
    assert_eq!(cancelled.turn(&workflow, DICE, at(999)), Turn::Ended, "no later step");
    assert_eq!(statuses(&cancelled.record_late(&token, &sent, at(62)).unwrap()), ["mail completed"]);
    assert_eq!(cancelled.cancel("again", at(63)), None);
    let Turn::Settled(settled) = claim.turn(&workflow, DICE, at(100)) else { panic!("it was cut off") };
    assert_eq!(settled.record_late(&token, &sent, at(101)), None, "it was settled meanwhile");
}

#[test]
fn a_redemption_stops_an_execution_whose_workflow_says_so() {
    let workflow = defined(json!([{"id": "pause", "type": "wait", "for": "P3D"}]), json!({"stop_on_redemption": true}));
    let waiting = does(&begun(&workflow), &workflow, Outcome::WaitUntil(at(259_210)), 11);
    let stopped = hears(&waiting, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!(
        (stopped.status, stopped.detail.as_deref()),
        (ExecutionStatus::Cancelled, Some("the contact has redeemed the coupon"))
    );
    assert_eq!(hears(&waiting, &workflow, &event(EventType::CouponRedeemed, 2, 60), 61), None, "another coupon");
}

#[test]
fn the_same_event_and_workflow_make_the_same_execution() {
    let (a, _) = given();
    let (b, _) = given();
    assert_eq!(a.id.key(), b.id.key());
}
