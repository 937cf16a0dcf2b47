//! Tests of waits that fail or are skipped: the steps after a wait never run early.

use super::*;

fn waits_then_mails(wait: Value, more: Value) -> Definition {
    let mail = json!({"id": "mail", "type": "send_email", "subject": "s", "text": "t"});
    defined(json!([wait, mail]), more)
}

/// One step of each kind that must end before the next steps run.
fn waits() -> [Value; 3] {
    [
        json!({"id": "wait", "type": "wait", "until": "{{coupon.expires_at}}"}),
        json!({"id": "wait", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H"}),
        json!({"id": "wait", "type": "goal", "event": "coupon_redeemed", "if_not_met": "wait"}),
    ]
}

#[test]
fn no_step_runs_after_a_failed_wait_under_any_policy() {
    for wait in waits() {
        for policy in ["stop", "continue"] {
            let workflow = waits_then_mails(wait.clone(), json!({"on_failure": policy}));
            let failed = perform(&begun(&workflow), &workflow, Outcome::Failed("no instant".into()), 10);
            assert_eq!((failed.status, statuses(&failed)), (ExecutionStatus::Failed, vec!["wait failed".to_owned()]));
        }
    }
    let [wait, ..] = waits();
    let workflow = waits_then_mails(wait, json!({"on_failure": {"alert": ["team@example.com"]}}));
    let failed = perform(&begun(&workflow), &workflow, Outcome::Failed("no instant".into()), 10);
    let alerted = done(&claimed(&failed, &workflow, 11), &workflow, 12);
    assert_eq!(
        (alerted.status, statuses(&alerted)),
        (ExecutionStatus::Failed, vec!["wait failed".to_owned(), "on_failure completed".to_owned()])
    );
}

#[test]
fn execution_ends_after_a_skipped_wait() {
    for wait in waits() {
        let workflow = waits_then_mails(wait, json!({}));
        let ended = perform(&begun(&workflow), &workflow, Outcome::Skipped("there is no instant".into()), 10);
        assert_eq!((ended.status, statuses(&ended)), (ExecutionStatus::Completed, vec!["wait skipped".to_owned()]));
    }
}

#[test]
fn goal_that_is_not_met_within_a_year_ends_the_execution() {
    let [_, _, goal] = waits();
    let workflow = waits_then_mails(goal, json!({}));
    let waiting = perform(&begun(&workflow), &workflow, Outcome::ListenUntil(at(1000)), 10);
    let NextAction::Settled(ended) = waiting.next_action(&workflow, RANDOM_BITS, at(1000)) else {
        panic!("the time is over")
    };
    assert_eq!(ended.status, ExecutionStatus::Completed);
    assert_eq!(ended.steps[0].detail.as_deref(), Some("the goal was not met within a year"));
}
