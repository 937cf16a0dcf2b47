//! Waits that can't be kept: what follows them is for later, and is never done early.

use super::*;

fn waits_then_mails(wait: Value, more: Value) -> Definition {
    let mail = json!({"id": "mail", "type": "send_email", "subject": "s", "text": "t"});
    defined(json!([wait, mail]), more)
}

/// A step of each kind that holds back what follows.
fn waits() -> [Value; 3] {
    [
        json!({"id": "wait", "type": "wait", "until": "{{coupon.expires_at}}"}),
        json!({"id": "wait", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H"}),
        json!({"id": "wait", "type": "goal", "event": "coupon_redeemed", "if_not_met": "wait"}),
    ]
}

#[test]
fn after_a_wait_that_failed_nothing_is_done_whatever_the_policy() {
    for wait in waits() {
        for policy in ["stop", "continue"] {
            let workflow = waits_then_mails(wait.clone(), json!({"on_failure": policy}));
            let failed = does(&begun(&workflow), &workflow, Outcome::Failed("no instant".into()), 10);
            assert_eq!((failed.status, statuses(&failed)), (ExecutionStatus::Failed, vec!["wait failed".to_owned()]));
        }
    }
    let [wait, ..] = waits();
    let workflow = waits_then_mails(wait, json!({"on_failure": {"alert": ["team@example.com"]}}));
    let failed = does(&begun(&workflow), &workflow, Outcome::Failed("no instant".into()), 10);
    let told = done(&claimed(&failed, &workflow, 11), &workflow, 12);
    assert_eq!(
        (told.status, statuses(&told)),
        (ExecutionStatus::Failed, vec!["wait failed".to_owned(), "on_failure completed".to_owned()])
    );
}

#[test]
fn after_a_wait_for_nothing_the_execution_ends() {
    for wait in waits() {
        let workflow = waits_then_mails(wait, json!({}));
        let ended = does(&begun(&workflow), &workflow, Outcome::Skipped("there is no instant".into()), 10);
        assert_eq!((ended.status, statuses(&ended)), (ExecutionStatus::Completed, vec!["wait skipped".to_owned()]));
    }
}

#[test]
fn a_goal_that_was_not_met_within_its_year_ends_the_execution() {
    let [_, _, goal] = waits();
    let workflow = waits_then_mails(goal, json!({}));
    let waiting = does(&begun(&workflow), &workflow, Outcome::ListenUntil(at(1000)), 10);
    let NextAction::Settled(ended) = waiting.next_action(&workflow, DICE, at(1000)) else { panic!("the time is over") };
    assert_eq!(ended.status, ExecutionStatus::Completed);
    assert_eq!(ended.steps[0].detail.as_deref(), Some("the goal was not met within a year"));
}
