//! Quotas of a tenant: the counts are exact under concurrency, and what an earlier version stored does not count.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::edit_workflow::{WorkflowEditOutcome, pause, publish};
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::coupons::jobs;
use couponflow_app::coupons::ports::{CouponStore as _, WakeTimer};
use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{JobId, WorkflowId};
use couponflow_domain::tenants::quota::{QuotaExceeded, QuotaKind, Quotas};
use couponflow_domain::tenants::settings::{SettingChange, SettingsChange};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{at, coupon, stored_tenant, tenant};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn store_with(dynamo: &Dynamo, quotas: Quotas) -> TenantStore {
    let store = stored_tenant(&dynamo.instance(), "demo").await;
    let change = SettingsChange { quotas: SettingChange::Set(quotas), ..SettingsChange::default() };
    assert!(store.configure(&change).await.unwrap());
    assert_eq!(store.current_profile().await.unwrap().settings.quotas, Some(quotas));
    store
}

fn document(filters: &Value) -> Value {
    json!({"name": "Quota", "trigger": {"type": "coupon_expired", "filters": filters},
        "steps": [{"id": "wait", "type": "wait", "for": "PT1H"}]})
}

fn named(value: &str) -> Value {
    json!({"field": "coupon_name", "operator": "equals", "value": value})
}

async fn draft(store: &TenantStore, name: &str, filters: &Value) -> Workflow {
    let workflow = Workflow::draft(WorkflowId::new(at(0), bits80(&[name])), document(filters), at(0));
    store.create_workflow(&workflow).await.unwrap();
    workflow
}

fn exceeded(outcome: WorkflowEditOutcome) -> Option<QuotaExceeded> {
    match outcome {
        WorkflowEditOutcome::QuotaExceeded(exceeded) => Some(exceeded),
        WorkflowEditOutcome::Done(_) => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_tenant_publishes_as_many_workflows_as_its_quota_even_concurrently() {
    let dynamo = Dynamo::start().await;
    let quotas = Quotas { published_workflows: Some(3), ..Quotas::default() };
    let store = store_with(&dynamo, quotas).await;
    let mut drafts = Vec::new();
    for i in 0..8 {
        drafts.push(draft(&store, &i.to_string(), &Value::Null).await);
    }
    let outcomes = join_all(drafts.iter().map(|draft| publish(&store, &draft.id, at(1)))).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| exceeded(outcome.unwrap())).collect();
    let rejected = QuotaExceeded { kind: QuotaKind::PublishedWorkflows, quota: 3 };
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Some(rejected)).count(), 5, "{outcomes:?}");

    let published = outcomes.iter().position(Option::is_none).unwrap();
    let waiting = outcomes.iter().position(Option::is_some).unwrap();
    let changed = store.workflow(&drafts[published].id).await.unwrap().unwrap();
    store.save_workflow(&changed, document(&named("Other")), at(2)).await.unwrap().unwrap();
    assert_eq!(exceeded(publish(&store, &changed.id, at(3)).await.unwrap()), None, "the next version is not counted");
    assert_eq!(exceeded(publish(&store, &drafts[waiting].id, at(3)).await.unwrap()), Some(rejected));
    assert_eq!(exceeded(pause(&store, &changed.id, at(4)).await.unwrap()), None);
    assert_eq!(exceeded(publish(&store, &drafts[waiting].id, at(5)).await.unwrap()), None);
}

#[tokio::test]
async fn filters_of_published_workflows_have_at_most_the_bytes_of_the_quota() {
    let dynamo = Dynamo::start().await;
    let large = named(&"x".repeat(150));
    let bytes = i64::try_from(large.to_string().len()).unwrap();
    let quotas = Quotas { published_filter_bytes: Some(bytes + 100), ..Quotas::default() };
    let store = store_with(&dynamo, quotas).await;
    let first = draft(&store, "first", &large).await;
    let second = draft(&store, "second", &large).await;
    assert_eq!(exceeded(publish(&store, &first.id, at(1)).await.unwrap()), None);
    let rejected = QuotaExceeded { kind: QuotaKind::PublishedFilterBytes, quota: bytes + 100 };
    assert_eq!(exceeded(publish(&store, &second.id, at(2)).await.unwrap()), Some(rejected));
    let first = store.workflow(&first.id).await.unwrap().unwrap();
    store.save_workflow(&first, document(&named("x")), at(3)).await.unwrap().unwrap();
    assert_eq!(exceeded(publish(&store, &first.id, at(4)).await.unwrap()), None, "a smaller version");
    assert_eq!(exceeded(publish(&store, &second.id, at(5)).await.unwrap()), None);
}

#[tokio::test]
async fn a_workflow_that_an_earlier_version_published_does_not_count() {
    let dynamo = Dynamo::start().await;
    let store = store_with(&dynamo, Quotas { published_workflows: Some(1), ..Quotas::default() }).await;
    let earlier = draft(&store, "earlier", &Value::Null).await;
    assert_eq!(exceeded(publish(&store, &earlier.id, at(1)).await.unwrap()), None);
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let remove = dynamo.client.update_item().table_name("couponflow").update_expression("REMOVE counted_bytes");
    let remove = remove.key("pk", text("t#demo#published#coupon_expired")).key("sk", text(earlier.id.as_str()));
    remove.send().await.unwrap();
    let delete = dynamo.client.delete_item().table_name("couponflow");
    delete.key("pk", text("t#demo#usage")).key("sk", text("usage")).send().await.unwrap();

    assert_eq!(exceeded(pause(&store, &earlier.id, at(2)).await.unwrap()), None);
    let (next, last) = (draft(&store, "next", &Value::Null).await, draft(&store, "last", &Value::Null).await);
    assert_eq!(exceeded(publish(&store, &next.id, at(3)).await.unwrap()), None);
    assert!(exceeded(publish(&store, &last.id, at(4)).await.unwrap()).is_some(), "the pause has freed no place");
}

#[tokio::test]
async fn a_tenant_runs_as_many_jobs_as_its_quota() {
    let dynamo = Dynamo::start().await;
    let store = store_with(&dynamo, Quotas { running_jobs: Some(2), ..Quotas::default() }).await;
    let of = coupon("MANY", json!({}));
    let job = |name: &str| Job::new(JobId::new(at(0), bits80(&[name])), of.id.clone(), JobKind::ImportCodes, 1, at(0));
    let (first, second, third) = (job("first"), job("second"), job("third"));
    for job in [&first, &second, &first] {
        assert_eq!(jobs::start(&store, job).await.unwrap().unwrap().id, job.id, "also a repeated request");
    }
    let rejected = QuotaExceeded { kind: QuotaKind::RunningJobs, quota: 2 };
    assert_eq!(jobs::start(&store, &third).await.unwrap(), Err(rejected));
    assert_eq!(store.job(&third.id).await.unwrap(), None);

    let stored = store.job(&first.id).await.unwrap().unwrap();
    let purpose = Purpose::JobStep { job_id: first.id.clone() };
    let timer = Timer { tenant_id: tenant("demo"), due_at: at(0), purpose };
    let ended = stored.stopped("The coupon was deleted.", at(1));
    assert!(store.save_job(&ended, 0, &timer, &WakeTimer::Remove).await.unwrap());
    assert_eq!(jobs::start(&store, &third).await.unwrap().unwrap().id, third.id);
}
