//! Crash sweep: the executor dies before each of its DynamoDB calls in turn. The next instance
//! completes every change exactly once and sends no message twice. The outcome of an interrupted
//! message can be unknown.

use std::collections::BTreeSet;

use couponflow_app::automation::ports::Workflow;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::ports::{CouponQuery, CouponStore as _};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::customer::Email;
use couponflow_tests::fixtures::stored_coupon;
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const ANA: &str = "ana@example.com";

/// Steps with effects of several kinds, and a wait.
fn steps(other: &Workflow) -> Value {
    json!([
        {"id": "tag", "type": "add_tag", "tag": "Bought"},
        {"id": "list", "type": "add_to_list", "list": "buyers"},
        {"id": "bonus", "type": "generate_coupon", "prefix": "BONUS", "expires_in": "P7D", "only_for_contact": true,
            "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "mail", "type": "send_email", "subject": "Your code {{steps.bonus.code}}", "text": "Hello"},
        {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "more", "type": "raise_limit", "by": 10},
        {"id": "longer", "type": "extend_coupon", "by": "P1D"},
        {"id": "each", "type": "for_each_contact", "audience": {"type": "list", "list": "buyers"},
            "steps": [{"id": "told", "type": "add_tag", "tag": "Told"}]},
        {"id": "start", "type": "start_workflow", "workflow_id": other.id},
        {"id": "team", "type": "notify", "channel": "sns", "topic_arn": "arn:aws:sns:eu-central-1:123456789012:couponflow-demo_x",
            "text": "done"},
    ])
}

/// A harness with a workflow that has the steps of [`steps`].
struct CrashHarness {
    harness: ExecutorHarness,
    coupon: Coupon,
    workflow: Workflow,
    other: Workflow,
}

impl CrashHarness {
    async fn new() -> Self {
        let harness = ExecutorHarness::new().await;
        let terms = json!({"max_redemptions": 100, "expires_at": "2030-01-01T00:00:00Z"});
        let coupon = stored_coupon(&harness.store, "VIP50", terms).await;
        let other = json!([{"id": "other", "type": "add_tag", "tag": "Other"}]);
        let other = harness.publish("other", "manual", other, json!({})).await;
        let workflow = harness.publish("everything", "coupon_redeemed", steps(&other), json!({})).await;
        Self { harness, coupon, workflow, other }
    }

    async fn generated_coupons(&self) -> Vec<Coupon> {
        let (query, page) =
            (CouponQuery { is_generated: true, status: None }, PageRequest { limit: 100, cursor: None });
        self.harness.store.coupons(query, &page, self.harness.clock.now()).await.unwrap().data
    }

    /// Asserts that the contact has the tags, that each change of a coupon happened exactly once,
    /// and that no message was sent twice. If the executor died, the outcome of a message may be
    /// unknown. Returns the steps with an unknown outcome.
    async fn check(&self, what: &str, lived: bool) -> Vec<String> {
        let harness = &self.harness;
        let executions = harness.executions_of(&self.workflow).await;
        let (parents, children): (Vec<_>, Vec<_>) = executions.iter().partition(|execution| execution.parent.is_none());
        assert_eq!((parents.len(), children.len()), (1, 1), "{what}: {executions:#?}");
        let execution = parents[0];
        assert_eq!(execution.status, ExecutionStatus::Completed, "{what}: {execution:#?}");
        assert_eq!(children[0].status, ExecutionStatus::Completed, "{what}");
        let steps = steps_of(execution);
        assert_eq!(steps.len(), 10, "{what}: {steps:?}");
        let (completed, unknown): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.ends_with(" completed"));
        let may_be_unknown = |step: &String| !lived && ["mail unknown", "team unknown"].contains(&step.as_str());
        assert!(unknown.iter().all(may_be_unknown), "{what}: {unknown:?}");

        let contact = harness.store.contact_by_email(&Email::parse(ANA).unwrap()).await.unwrap().unwrap();
        assert_eq!(
            contact.tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["Bought", "Other", "Told"],
            "{what}"
        );
        let coupons = self.generated_coupons().await;
        let bonus: Vec<&Coupon> = coupons.iter().filter(|coupon| coupon.terms.name == "Bonus").collect();
        assert_eq!(bonus.len(), 1, "{what}: exactly one code is issued");
        let code = bonus[0].terms.code.as_str();
        assert_eq!(execution.outputs()["bonus"]["code"], code, "{what}");
        let coupon = harness.store.coupon(&self.coupon.id).await.unwrap().unwrap();
        let extended = self.coupon.terms.expires_at.unwrap() + chrono::TimeDelta::days(1);
        assert_eq!((coupon.terms.max_redemptions, coupon.remaining), (Some(110), Some(110)), "{what}: raised once");
        assert_eq!(coupon.terms.expires_at, Some(extended), "{what}: extended once");

        let (mails, topics) = (harness.outbound.subjects(), harness.outbound.published());
        assert!(mails.len() <= 1 && topics.len() <= 1, "{what}: {mails:?} {topics:?}");
        assert!(mails.iter().all(|subject| *subject == format!("Your code {code}")), "{what}: {mails:?}");
        if completed.contains(&"mail completed".to_owned()) {
            assert_eq!(mails.len(), 1, "{what}");
        }
        if completed.contains(&"team completed".to_owned()) {
            assert_eq!(topics.len(), 1, "{what}");
        }
        assert_eq!(harness.executions_of(&self.other).await.len(), 1, "{what}");
        unknown
    }
}

#[tokio::test]
async fn every_change_happens_once_and_no_message_twice_whenever_the_executor_dies() {
    let mut unknown = Vec::new();
    for calls in 0.. {
        let scene = CrashHarness::new().await;
        let (harness, what) = (&scene.harness, format!("died after {calls} calls"));
        let event = harness.redeemed_event(&scene.coupon, "ord_1", ANA, 2000);
        let dying = harness.dynamo.dying_instance(calls);
        let lived =
            harness.handle_with(&dying, &event).await.is_ok() && harness.advance_with(&dying, 2 * HOUR).await.is_ok();
        // SQS delivers the message again, and the remaining timers fire.
        harness.handle(&event).await;
        harness.advance_to(4 * HOUR).await;
        unknown.extend(scene.check(&what, lived).await);
        // A further delivery changes nothing.
        let sent = harness.outbound.subjects().len();
        harness.handle(&event).await;
        harness.advance_to(6 * HOUR).await;
        assert_eq!(harness.outbound.subjects().len(), sent, "{what}");
        if lived {
            assert!(calls > 40, "the run takes only {calls} calls");
            break;
        }
    }
    let kinds: BTreeSet<&str> = unknown.iter().map(String::as_str).collect();
    assert_eq!(kinds, BTreeSet::from(["mail unknown", "team unknown"]));
    assert!(
        unknown.len() <= 6,
        "an outcome is unknown only if the executor dies between the claim and the record of the message: {unknown:?}"
    );
}

#[tokio::test]
async fn every_workflow_runs_for_the_event_whenever_the_executor_dies() {
    for calls in 0.. {
        let harness = ExecutorHarness::new().await;
        let coupon = stored_coupon(&harness.store, "VIP50", json!({})).await;
        let steps = json!([{"id": "tag", "type": "add_tag", "tag": "VIP"}]);
        let not_vip = json!({"trigger": {"type": "coupon_redeemed", "filters": [
            {"field": "contact_tag", "operator": "contains_none", "value": ["VIP"]}]}});
        let first = harness.publish("first", "coupon_redeemed", steps.clone(), not_vip.clone()).await;
        let second = harness.publish("second", "coupon_redeemed", steps, not_vip).await;
        let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
        let lived = harness.handle_with(&harness.dynamo.dying_instance(calls), &event).await.is_ok();
        harness.handle(&event).await;
        harness.advance_to(HOUR).await;
        for workflow in [&first, &second] {
            assert_eq!(harness.executions_of(workflow).await.len(), 1, "died after {calls} calls");
        }
        if lived {
            assert!(calls > 10, "the run takes only {calls} calls");
            return;
        }
    }
}
