//! Tests of signals and the transitions that they cause.

use super::*;

fn bonus() -> Definition {
    let steps = json!([
        {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT24H",
         "then": [{"id": "thank", "type": "add_tag", "tag": "thank"}],
         "on_timeout": [{"id": "remind", "type": "add_tag", "tag": "remind"}]},
        {"id": "last", "type": "add_tag", "tag": "last"}]);
    defined(steps, json!({}))
}

#[test]
fn wait_for_an_event_takes_one_branch_on_the_event_and_one_on_timeout() {
    let workflow = bonus();
    let waiting = perform(&begun(&workflow), &workflow, Outcome::ListenUntil(at(86_405)), 10);
    let happened = notified(&waiting, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!((happened.position, happened.status), (1, ExecutionStatus::Running));
    let NextAction::Settled(late) = waiting.next_action(&workflow, RANDOM_BITS, at(86_405)) else {
        panic!("the time is over")
    };
    assert_eq!(late.position, 2);
    assert_eq!(notified(&late, &workflow, &event(EventType::CouponRedeemed, 1, 86_400), 86_406), None, "too late");
}

#[test]
fn wait_ends_only_on_an_awaited_event_after_the_event_of_the_execution() {
    let workflow = bonus();
    let waiting = perform(&begun(&workflow), &workflow, Outcome::ListenUntil(at(86_405)), 10);
    let notified = |kind, coupon, seconds| notified(&waiting, &workflow, &event(kind, coupon, seconds), 61);
    assert!(notified(EventType::CouponRedeemed, 1, 3).is_some(), "between the event and the first step");
    assert_eq!(notified(EventType::CouponRedeemed, 1, -3), None, "before the event");
    assert_eq!(notified(EventType::CouponRedeemed, 2, 60), None, "another coupon");
    assert_eq!(notified(EventType::CouponApplied, 1, 60), None, "another event");
    let claim = claimed(&begun(&workflow), &workflow, 10);
    assert!(
        super::tests::notified(&claim, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).is_some(),
        "a step that was just claimed receives signals"
    );
}

#[test]
fn repeated_signal_changes_nothing() {
    let steps = json!([
        {"id": "first", "type": "wait_for_event", "event": "coupon_applied", "timeout": "PT1H"},
        {"id": "second", "type": "wait_for_event", "event": "coupon_applied", "timeout": "PT1H"}]);
    let workflow = defined(steps, json!({}));
    let again = event(EventType::CouponApplied, 1, 60);
    let waiting = perform(&begun(&workflow), &workflow, Outcome::ListenUntil(at(3610)), 10);
    let heard = notified(&waiting, &workflow, &again, 61).unwrap();
    let second = perform(&heard, &workflow, Outcome::ListenUntil(at(3670)), 70);
    assert_eq!(notified(&second, &workflow, &again, 71), None, "it came before the second wait");
    let own = event(EventType::CouponApplied, 1, 0);
    assert_eq!(notified(&waiting, &workflow, &own, 12), None, "the event that it runs for");
}

#[test]
fn wait_ends_when_the_awaited_tag_is_added() {
    let steps = json!([{"id": "vip", "type": "wait_for_event", "event": "tag_added", "tag": "VIP", "timeout": "P7D"}]);
    let workflow = defined(steps, json!({}));
    let waiting = perform(&begun(&workflow), &workflow, Outcome::ListenUntil(at(604_810)), 10);
    let notified = |change: SetChange| {
        let signal = Signal { observed: Observed::Change(&change), occurred_at: at(60) };
        waiting.notify(&workflow, signal, at(61)).is_some()
    };
    assert!(notified(SetChange::AddTag("VIP".into())) && notified(SetChange::AddTag(" vip".into())));
    assert!(!notified(SetChange::AddTag("vip2".into())) && !notified(SetChange::RemoveTag("VIP".into())));
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
fn met_goal_moves_the_execution_there_from_any_earlier_step() {
    let workflow = with_goal();
    let mailed = perform(&begun(&workflow), &workflow, Outcome::Completed(Map::new()), 10);
    let waiting = perform(&mailed, &workflow, Outcome::WaitUntil(at(259_210)), 11);
    let bought = event(EventType::CouponRedeemed, 1, 60);
    let met = notified(&waiting, &workflow, &bought, 61).unwrap();
    assert_eq!(statuses(&met), ["mail completed", "pause skipped", "bought completed"]);
    let ended = perform(&met, &workflow, Outcome::Completed(Map::new()), 62);
    assert_eq!(ended.status, ExecutionStatus::Completed);
    assert_eq!(notified(&met, &workflow, &event(EventType::CouponRedeemed, 1, 70), 71), None, "the goal was passed");
}

#[test]
fn step_under_way_records_its_outcome_after_goal_or_cancellation() {
    let workflow = with_goal();
    let claim = claimed(&begun(&workflow), &workflow, 10);
    let token = claim.lease.as_ref().unwrap().token.clone();
    let sent = AttemptResult::without_input(Outcome::Completed(Map::new()));
    let met = notified(&claim, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!(statuses(&met), ["mail unknown", "bought completed"]);
    let reported = met.record_late(&token, &sent, at(62)).unwrap();
    assert_eq!((statuses(&reported), reported.position), (vec!["mail completed".into(), "bought completed".into()], 4));
    let cancelled = claim.cancel("by an operator", at(61)).unwrap();
    assert_eq!(cancelled.next_action(&workflow, RANDOM_BITS, at(999)), NextAction::Ended, "no later step");
    assert_eq!(statuses(&cancelled.record_late(&token, &sent, at(62)).unwrap()), ["mail completed"]);
    assert_eq!(cancelled.cancel("again", at(63)), None);
    let NextAction::Settled(settled) = claim.next_action(&workflow, RANDOM_BITS, at(100)) else {
        panic!("the attempt was interrupted")
    };
    assert_eq!(settled.record_late(&token, &sent, at(101)), None, "the step was settled in the meantime");
}

#[test]
fn redemption_stops_an_execution_with_stop_on_redemption() {
    let workflow = defined(json!([{"id": "pause", "type": "wait", "for": "P3D"}]), json!({"stop_on_redemption": true}));
    let waiting = perform(&begun(&workflow), &workflow, Outcome::WaitUntil(at(259_210)), 11);
    let stopped = notified(&waiting, &workflow, &event(EventType::CouponRedeemed, 1, 60), 61).unwrap();
    assert_eq!(
        (stopped.status, stopped.detail.as_deref()),
        (ExecutionStatus::Cancelled, Some("the contact has redeemed the coupon"))
    );
    assert_eq!(notified(&waiting, &workflow, &event(EventType::CouponRedeemed, 2, 60), 61), None, "another coupon");
}

#[test]
fn goal_is_met_only_by_the_coupon_of_the_named_step() {
    let steps = json!([
        {"id": "gift", "type": "generate_coupon", "coupon": {"name": "Gift",
            "discount": {"type": "percentage", "percent_off": 10}}},
        {"id": "pause", "type": "wait", "for": "P7D"},
        {"id": "remind", "type": "add_tag", "tag": "reminded"},
        {"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": {"step": "gift"}}]);
    let workflow = defined(steps, json!({}));
    let claim = claimed(&begun(&workflow), &workflow, 5);
    let output = Map::from_iter([("coupon_id".to_owned(), json!(coupon(9).id))]);
    let made = with(&claim, &workflow, Outcome::Completed(output), 6);
    let redeemed = |bits: u8| event(EventType::CouponRedeemed, bits, 60);
    let heard = |execution: &Execution, event: &Event| {
        let signal = Signal { observed: Observed::Event(Subject { event, tags: None }), occurred_at: at(60) };
        execution.notify(&workflow, signal, at(61))
    };
    assert_eq!(heard(&made, &redeemed(1)), None, "the coupon of the event");
    assert_eq!(heard(&made, &redeemed(8)), None, "another");
    let met = heard(&made, &redeemed(9)).unwrap();
    assert_eq!(statuses(&met), ["gift completed", "used completed"]);
    assert_eq!(heard(&begun(&workflow), &redeemed(9)), None, "the coupon is not generated yet");
}
