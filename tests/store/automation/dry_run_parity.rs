//! Dry-run parity: for random workflows, coupons and contacts, a dry run predicts the outcome of
//! the run.

use std::collections::BTreeMap;

use couponflow_app::automation::dry_run::{DryRun, PlannedStep, dry_run};
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus, StepStatus};
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::delivery::mail::SuppressionReason;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{SigningSecretId, WorkflowId};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_tests::fixtures::{at, stored_contact, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

const CASES: u64 = 80;

/// Pseudo-random numbers derived from the number of the case, so that failures are reproducible.
struct CaseRng {
    case: u64,
    draws: u64,
}

impl CaseRng {
    fn below(&mut self, sides: u64) -> u64 {
        self.draws += 1;
        let bits = bits80(&[&self.case.to_string(), &self.draws.to_string()]);
        bits.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)) % sides
    }

    fn pick(&mut self, choices: &[Value]) -> Value {
        let place = self.below(choices.len() as u64);
        choices[usize::try_from(place).unwrap()].clone()
    }
}

/// The coupons and workflows to which steps can refer.
struct Fixtures {
    own: Coupon,
    other: Coupon,
    child: WorkflowId,
    draft: WorkflowId,
}

/// The ARN of a topic of a tenant.
fn topic(tenant: &str) -> String {
    format!("arn:aws:sns:eu-central-1:123456789012:couponflow-{tenant}_team")
}

fn at_text(ms: i64) -> String {
    at(ms).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

async fn fixtures(harness: &ExecutorHarness, rng: &mut CaseRng) -> Fixtures {
    let backup = stored_coupon(&harness.store, "BACKUP", json!({})).await;
    match rng.below(3) {
        0 => assert!(harness.store.set_state(&backup, State::Paused, at(1)).await.unwrap()),
        1 => assert!(harness.store.delete_coupon(&backup, at(1)).await.unwrap()),
        _ => {}
    }
    if rng.case.is_multiple_of(2) {
        harness.confirm("team@example.com").await;
    }
    let mut terms = json!({});
    if rng.below(2) == 0 {
        terms["backup_coupon_id"] = json!(backup.id);
    }
    if rng.below(2) == 0 {
        terms["max_redemptions"] = json!(10);
    }
    match rng.below(3) {
        0 => terms["expires_at"] = json!(at_text(HOUR)),
        1 => terms["expires_at"] = json!(at_text(2 * YEAR)),
        _ => {}
    }
    if rng.below(2) == 0 {
        let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
        harness.store.rotate_signing_secret(secret, at(0)).await.unwrap();
    }
    let own = stored_coupon(&harness.store, "OWN", terms).await;
    if rng.below(4) == 0 {
        assert!(harness.store.set_state(&own, State::Paused, at(1)).await.unwrap());
    }
    let terms = rng.pick(&[json!({}), json!({"max_redemptions": 5, "expires_at": at_text(YEAR)})]);
    let other = stored_coupon(&harness.store, "OTHER", terms).await;
    if rng.below(2) == 0 {
        assert!(harness.store.delete_coupon(&other, at(1)).await.unwrap());
    }
    // This wait is longer than every run, so that a started child workflow is still in progress at
    // the end of the run.
    let wait = json!([{"id": "long", "type": "wait", "until": "2100-01-01T00:00:00Z"}]);
    let child = harness.publish("child", "manual", wait, json!({})).await.id;
    Fixtures { own, other, child, draft: WorkflowId::new(at(0), [9; 10]) }
}

/// A step of a random type, with random nested steps.
fn step(rng: &mut CaseRng, fixtures: &Fixtures, id: &str, depth: u64) -> Value {
    let inside = |rng: &mut CaseRng, way: &str| -> Value {
        let count = rng.below(3);
        (0..count).map(|i| step(rng, fixtures, &format!("{id}_{way}{i}"), depth + 1)).collect()
    };
    let which = |rng: &mut CaseRng| rng.pick(&[Value::Null, json!(fixtures.own.id), json!(fixtures.other.id)]);
    let sides = if depth < 2 { 22 } else { 17 };
    let mut step = match rng.below(sides) {
        0 => json!({"type": "add_tag", "tag": rng.pick(&[json!("vip"), json!("new")])}),
        1 => json!({"type": "remove_tag", "tag": "vip"}),
        2 => json!({"type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "{{coupon.code}}"}),
        3 => rng.pick(&[
            json!({"type": "notify", "channel": "email", "to": ["team@example.com"], "subject": "s", "text": "t"}),
            json!({"type": "notify", "channel": "slack", "url": "https://hooks.example.com/x", "text": "t"}),
            json!({"type": "notify", "channel": "sns", "topic_arn": topic("demo"), "text": "t"}),
            json!({"type": "notify", "channel": "sns", "topic_arn": topic("other"), "text": "t"}),
            json!({"type": "notify", "channel": "sns", "topic_arn": topic("other"), "subject": "s", "text": "t"}),
        ]),
        4 => json!({"type": "webhook", "url": "https://example.com/hook"}),
        5 => json!({"type": "pause_coupon", "coupon_id": which(rng)}),
        6 => json!({"type": "replace_with_backup_coupon"}),
        7 => json!({"type": "generate_coupon", "only_for_contact": rng.below(2) == 0,
            "expires_in": rng.pick(&[Value::Null, json!("P3D")]),
            "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}}),
        8 => json!({"type": "extend_coupon", "coupon_id": which(rng), "by": "P1D"}),
        9 => json!({"type": "raise_limit", "coupon_id": which(rng), "by": 3}),
        10 => {
            json!({"type": "start_workflow", "workflow_id": rng.pick(&[json!(fixtures.child), json!(fixtures.draft)])})
        }
        11 => json!({"type": "stop_workflow", "workflow_id":
            rng.pick(&[json!(fixtures.child), json!(fixtures.child), Value::Null])}),
        12 => json!({"type": "wait", "for": "PT90M"}),
        13 => json!({"type": "wait", "until": rng.pick(&[json!("{{coupon.expires_at}}"), json!("{{source}}")])}),
        14 => json!({"type": "wait", "window": {"from": "09:00", "to": "17:00"}}),
        15 => json!({"type": "add_to_list", "list": "buyers"}),
        16 => json!({"type": "add_tag", "tag": "vip"}),
        17 => json!({"type": "branch", "branches": [{"filters":
                [{"field": "contact_tag", "operator": "contains_any", "value": "vip"}], "steps": inside(rng, "a")}],
            "else": inside(rng, "b")}),
        18 => json!({"type": "random_split", "branches":
            [{"weight": 1, "steps": inside(rng, "a")}, {"weight": 1, "steps": inside(rng, "b")}]}),
        19 => json!({"type": "wait_for_event", "event": "coupon_applied", "timeout": "P2D",
            "then": inside(rng, "a"), "on_timeout": inside(rng, "b")}),
        20 if depth == 0 => json!({"type": "goal", "event": "coupon_applied",
            "if_not_met": rng.pick(&[json!("continue"), json!("end"), json!("wait")])}),
        _ => json!({"type": "for_each_contact", "audience": {"type": "tag", "tag": "member"},
            "steps": [{"id": format!("{id}_each"), "type": "add_tag", "tag": "seen"}]}),
    };
    step["id"] = json!(id);
    step
}

fn settings(rng: &mut CaseRng) -> Value {
    let mut settings = json!({"trigger": {"type": "coupon_redeemed",
        "filters": [{"field": "coupon_code", "operator": "is", "value": "OWN"}]}});
    let alert = json!({"alert": ["team@example.com"]});
    settings["on_failure"] = rng.pick(&[json!("stop"), json!("continue"), alert.clone(), alert]);
    settings["re_entry"] = json!(rng.below(3) > 0);
    settings["max_executions_per_contact_and_hour"] = rng.pick(&[Value::Null, json!(1), json!(2)]);
    settings["message_window"] = rng.pick(&[Value::Null, json!({"from": "09:00", "to": "17:00"})]);
    settings
}

/// A random customer: unknown, known, unsubscribed, suppressed, without an address, or none at all.
async fn customer(harness: &ExecutorHarness, rng: &mut CaseRng) -> Option<Customer> {
    let email = Email::parse("ana@example.com").unwrap();
    let details = |more: Value| {
        let mut details = json!({"email": "ana@example.com", "tags": ["vip", "member"]});
        details.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        details
    };
    match rng.below(6) {
        0 => drop(stored_contact(&harness.store, details(json!({}))).await),
        1 => drop(stored_contact(&harness.store, details(json!({"consent": {"email": "withdrawn"}}))).await),
        2 => harness.store.suppress(&email, SuppressionReason::Bounced, at(0)).await.unwrap(),
        3 => return None,
        4 => {
            return Some(Customer {
                email: None,
                id: Some("c1".into()),
                first_name: None,
                last_name: None,
                verified: true,
            });
        }
        _ => {}
    }
    Some(Customer { email: Some(email), id: None, first_name: Some("Ana".into()), last_name: None, verified: true })
}

/// Id, status and detail of a step.
type StepResult = (String, StepStatus, Option<String>);

fn planned(steps: &[PlannedStep]) -> Vec<StepResult> {
    steps.iter().map(|step| (step.id.clone(), step.status, step.detail.clone())).collect()
}

fn done(execution: &Execution) -> Vec<StepResult> {
    execution.steps.iter().map(|step| (step.id.clone(), step.status, step.detail.clone())).collect()
}

/// The number of comparisons of each kind, and the differences.
#[derive(Default)]
struct Checks {
    counts: BTreeMap<String, u32>,
    differences: Vec<String>,
}

impl Checks {
    fn count(&mut self, what: impl ToString) {
        *self.counts.entry(what.to_string()).or_default() += 1;
    }

    /// Compares the prediction with the execution and its children, and notes each difference.
    fn compare(&mut self, dry: &DryRun, execution: &Execution, children: &[Execution], case: &str) {
        let skipped = execution.detail.clone().filter(|_| execution.status == ExecutionStatus::Skipped);
        self.equal(&dry.would_skip, &skipped, case);
        if let Some(why) = skipped {
            let why = why.replace(|c: char| c.is_ascii_digit() || c.is_uppercase(), "");
            return self.count(format!("not admitted: {why}"));
        }
        self.equal(&planned(&dry.steps), &done(execution), case);
        self.equal(&dry.would_end, &Some(execution.status), case);
        self.count(format!("ends {}", execution.status.into_str()));
        for (plan, record) in dry.steps.iter().zip(&execution.steps) {
            // In a run, a wait for an event ends some seconds late. The `until` of a later wait for
            // an event then differs by seconds from the prediction, so this input is not compared.
            if plan.r#type != StepKind::WaitForEvent {
                self.equal(&plan.input.clone().unwrap_or_default(), &record.input, case);
            }
            let kind = plan.r#type.into_str();
            self.count(format!("step {kind}"));
            self.count(format!("{kind} {}", json!(plan.status).as_str().unwrap()));
            if !plan.for_one_contact.is_empty() {
                let plan = planned(&plan.for_one_contact);
                let is_so = children.iter().any(|child| done(child) == plan);
                self.equal(&is_so, &true, case);
                self.count("for one contact");
            }
        }
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, said: &T, happened: &T, case: &str) {
        if said != happened {
            self.differences.push(format!("{case}\npredicted: {said:?}\nhappened:  {happened:?}"));
        }
    }
}

#[tokio::test]
async fn a_dry_run_predicts_what_the_run_then_does() {
    let mut checks = Checks::default();
    for case in 0..CASES {
        let mut rng = CaseRng { case, draws: 0 };
        let harness = ExecutorHarness::new().await;
        let fixtures = fixtures(&harness, &mut rng).await;
        let steps: Value = (0..1 + rng.below(7)).map(|i| step(&mut rng, &fixtures, &format!("s{i}"), 0)).collect();
        let workflow = harness.publish_saved("own", "coupon_redeemed", steps, settings(&mut rng)).await;
        let version = harness.store.published(&workflow.id).await.unwrap().unwrap();
        let customer = customer(&harness, &mut rng).await;
        let event = |order: &str, ms: i64| -> Event {
            // Build the redemption at an instant at which the coupon is valid. Then move the event
            // to its own instant.
            let mut event = harness.redeemed_event(&fixtures.own, order, "ana@example.com", 1000);
            event.metadata.occurred_at = at(ms);
            (event.data.customer, event.data.source) = (customer.clone(), Some("shop".to_owned()));
            event
        };
        let context = format!("case {case}: {}", workflow.document);
        let dry = async |event: &Event| {
            harness.clock.set(event.metadata.occurred_at);
            let calls = harness.dynamo.calls();
            let now = couponflow_app::kernel::system::Clock::now(&harness.clock);
            let dry = dry_run(&harness.store, &version, event, now).await.unwrap();
            assert!(harness.dynamo.calls() - calls < 60, "{context}");
            dry
        };
        let first = event("ord_1", 2000);
        let dry_first = dry(&first).await;
        harness.handle(&first).await;
        // In some cases the second event arrives while the first execution may be in progress, in
        // the others after all executions have ended.
        let overlaps = rng.below(2) == 0;
        if !overlaps {
            harness.advance_to(4 * YEAR).await;
        }
        let second = event("ord_2", if overlaps { 3000 } else { 4 * YEAR + 1000 });
        let dry_second = dry(&second).await;
        harness.handle(&second).await;
        harness.advance_to(8 * YEAR).await;
        let executions = harness.executions_of(&workflow).await;
        let of = |event: &Event| {
            let is_own = |one: &&Execution| one.event.metadata.event_id == *event.id() && one.parent.is_none();
            executions.iter().find(is_own).expect("an execution")
        };
        let children: Vec<Execution> = executions.iter().filter(|one| one.parent.is_some()).cloned().collect();
        // Two concurrent executions see each other's changes. A dry run of one execution cannot
        // predict these changes.
        let both_run = overlaps && dry_second.would_skip.is_none();
        if !both_run {
            checks.compare(&dry_first, of(&first), &children, &context);
            checks.compare(&dry_second, of(&second), &children, &context);
        }
    }
    let differences = &checks.differences;
    assert!(
        differences.is_empty(),
        "{} differences; the first:\n{}",
        differences.len(),
        differences[..differences.len().min(5)].join("\n")
    );
    let of = |what: &str| checks.counts.get(what).copied().unwrap_or_default();
    let kinds = checks.counts.keys().filter(|what| what.starts_with("step ")).count();
    assert_eq!(kinds, 20, "not every kind of step was compared: {:#?}", checks.counts);
    for what in [
        "ends completed",
        "ends failed",
        "extend_coupon completed",
        "extend_coupon skipped",
        "extend_coupon failed",
        "raise_limit completed",
        "raise_limit skipped",
        "replace_with_backup_coupon completed",
        "replace_with_backup_coupon skipped",
        "pause_coupon completed",
        "pause_coupon skipped",
        "start_workflow completed",
        "start_workflow skipped",
        "stop_workflow completed",
        "stop_workflow skipped",
        "send_email completed",
        "send_email skipped",
        "wait completed",
        "wait skipped",
        "wait failed",
        "webhook completed",
        "webhook failed",
        "notify completed",
        "notify skipped",
        "notify failed",
        "alert completed",
        "for one contact",
        "not admitted: the contact has entered this workflow before",
        "not admitted: the contact has entered this workflow  times in this hour",
    ] {
        assert!(of(what) > 0, "{what} was never compared: {:#?}", checks.counts);
    }
}
