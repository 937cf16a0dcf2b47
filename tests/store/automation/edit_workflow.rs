//! Creating, publishing, pausing, restoring and deleting workflows, and creating workflows from
//! templates.

use couponflow_app::automation::edit_workflow::{
    WorkflowEditOutcome, create, delete, pause, publish, read_for_edit, restore, save,
};
use couponflow_app::automation::ports::{AutomationStore as _, Workflow, WorkflowStatus};
use couponflow_app::automation::replay::{Replayable, replayable};
use couponflow_app::automation::workflow_template::create_drafts;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::{CouponId, WorkflowId};
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, FieldError};
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::steps::tag;
use serde_json::{Value, json};

fn document(steps: Value) -> Value {
    json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": steps})
}

async fn created(store: &TenantStore, steps: Value) -> Workflow {
    let id = WorkflowId::new(at(0), [1; 10]);
    create(store, vec![(id, document(steps))], UrlPolicy::Public, at(0)).await.unwrap().unwrap().remove(0)
}

fn changed(outcome: WorkflowEditOutcome) -> Workflow {
    match outcome {
        WorkflowEditOutcome::Done(workflow) => *workflow,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn workflow_is_published_paused_restored_and_deleted() {
    let store = ExecutorHarness::new().await.store;
    let draft = created(&store, json!([tag("one")])).await;
    let id = draft.id.clone();
    assert_eq!(pause(&store, &id, at(1)).await.unwrap(), WorkflowEditOutcome::NotPublished);
    assert_eq!(replayable(&store, &id).await.unwrap(), Replayable::NotPublished);
    let published = changed(publish(&store, &id, at(2)).await.unwrap());
    assert_eq!((published.status, published.version.get()), (WorkflowStatus::Published, 1));
    assert_eq!(changed(publish(&store, &id, at(3)).await.unwrap()), published, "publishing without changes is a no-op");
    assert!(matches!(replayable(&store, &id).await.unwrap(), Replayable::Version(found) if found.version.get() == 1));

    let two = document(json!([tag("two")]));
    let saved = changed(save(&store, &published, two.clone(), UrlPolicy::Public, at(4)).await.unwrap());
    assert!(matches!(replayable(&store, &id).await.unwrap(), Replayable::Version(found) if found.version.get() == 1));
    let stale = save(&store, &published, two, UrlPolicy::Public, at(5)).await.unwrap();
    assert_eq!(stale, WorkflowEditOutcome::Stale);
    let refused = read_for_edit(&store, &id, |revision| revision == published.revision).await.unwrap();
    assert_eq!(refused, Err(WorkflowEditOutcome::Stale));
    assert_eq!(changed(publish(&store, &id, at(6)).await.unwrap()).version.get(), 2);

    let restored = changed(restore(&store, &id, WorkflowVersion::FIRST, at(7)).await.unwrap());
    assert_eq!((&restored.document, restored.has_unpublished_changes), (&draft.document, true));
    assert!(restored.revision > saved.revision);
    let unknown = restore(&store, &id, WorkflowVersion::new(3), at(8)).await.unwrap();
    let detail = "is not a version of this workflow; the newest version is 2".to_owned();
    let fault = FieldError { pointer: "/version".to_owned(), detail };
    assert_eq!(unknown, WorkflowEditOutcome::Invalid(vec![fault]));

    let paused = changed(pause(&store, &id, at(9)).await.unwrap());
    assert_eq!(changed(pause(&store, &id, at(10)).await.unwrap()), paused, "pausing a paused workflow is a no-op");
    assert_eq!(replayable(&store, &id).await.unwrap(), Replayable::NotPublished);

    assert_eq!(delete(&store, &id, |_| false, at(11)).await.unwrap(), WorkflowEditOutcome::Stale);
    changed(delete(&store, &id, |_| true, at(12)).await.unwrap());
    for outcome in [
        publish(&store, &id, at(13)).await.unwrap(),
        pause(&store, &id, at(13)).await.unwrap(),
        restore(&store, &id, WorkflowVersion::FIRST, at(13)).await.unwrap(),
        delete(&store, &id, |_| true, at(13)).await.unwrap(),
    ] {
        assert_eq!(outcome, WorkflowEditOutcome::NotFound);
    }
    assert_eq!(replayable(&store, &id).await.unwrap(), Replayable::NotFound);
}

#[tokio::test]
async fn document_that_cannot_be_saved_changes_nothing() {
    let store = ExecutorHarness::new().await.store;
    let draft = created(&store, json!([tag("one")])).await;
    let coupon = CouponId::new(at(0), [9; 10]);
    let steps = json!([{"id": "pause", "type": "pause_coupon", "coupon_id": coupon}]);
    let outcome = save(&store, &draft, document(steps), UrlPolicy::Public, at(1)).await.unwrap();
    assert!(matches!(&outcome, WorkflowEditOutcome::Invalid(faults) if faults[0].pointer == "/steps/0/coupon_id"));
    assert_eq!(store.workflow(&draft.id).await.unwrap(), Some(draft));
}

/// A template of two workflows. The second workflow has `steps` and starts the first.
fn template(steps: &[Value]) -> WorkflowTemplate {
    let next = json!({"id": "next", "type": "start_workflow", "workflow_id": "${workflow:first}"});
    let steps: Vec<&Value> = steps.iter().chain([&next]).collect();
    let template = json!({"name": "t", "title": "T", "description": "d",
        "parameters": [
            {"name": "coupon", "description": "c", "example": "x"},
            {"name": "url", "description": "u", "example": "https://shop.example.com/hook"}],
        "workflows": [
            {"key": "first", "document": {"name": "first", "trigger": {"type": "manual"}, "steps": [tag("one")]}},
            {"key": "second", "document": document(json!(steps))}]});
    serde_json::from_value(template).unwrap()
}

/// Creates the workflows of a template. Asserts that the store contains all of these workflows if
/// the creation succeeds, and none otherwise.
async fn drafts(
    store: &TenantStore,
    template: &WorkflowTemplate,
    values: Value,
    url_policy: UrlPolicy,
) -> Result<Vec<Workflow>, Errors> {
    let values = input::read(&values, |field, errors| template.read_values(field, errors)).unwrap();
    let seed = Seed { at: at(0), bits: [7; 10] };
    let created = create_drafts(store, template, &values, url_policy, seed).await.unwrap();
    let stored = store.workflows(&PageRequest { limit: 10, cursor: None }).await.unwrap().data;
    assert_eq!(stored.len(), created.as_ref().map_or(0, Vec::len));
    created
}

#[tokio::test]
async fn workflows_of_a_template_may_refer_to_one_another_and_to_existing_coupons() {
    let store = ExecutorHarness::new().await.store;
    let coupon = stored_coupon(&store, "FLASH20", json!({})).await;
    let template = template(&[json!({"id": "pause", "type": "pause_coupon", "coupon_id": "${coupon}"})]);
    let created = drafts(&store, &template, json!({"coupon": coupon.id}), UrlPolicy::Public).await.unwrap();
    assert_eq!(created[1].document["steps"][1]["workflow_id"], json!(created[0].id));
}

#[tokio::test]
async fn template_that_refers_to_a_missing_object_is_rejected_like_a_saved_workflow() {
    let store = ExecutorHarness::new().await.store;
    let template = template(&[json!({"id": "pause", "type": "pause_coupon", "coupon_id": "${coupon}"})]);
    let missing = CouponId::new(at(0), [9; 10]);
    let faults = drafts(&store, &template, json!({"coupon": missing}), UrlPolicy::Public).await.unwrap_err();
    assert_eq!(faults[0].pointer, "/parameters");
    let detail = format!(
        "produce \"{missing}\" at /steps/0/coupon_id, which refers to an object that does not exist; create it first"
    );
    assert_eq!(faults[0].detail, detail);
}

#[tokio::test]
async fn template_has_the_url_policy_of_a_saved_workflow() {
    let store = ExecutorHarness::new().await.store;
    let template = template(&[json!({"id": "hook", "type": "webhook", "url": "${url}", "body": {"a": "b"}})]);
    let private = json!({"url": "http://127.0.0.1:9000/hook"});
    let faults = drafts(&store, &template, private.clone(), UrlPolicy::Public).await.unwrap_err();
    assert!(faults[0].detail.contains("/steps/0/url"), "{faults:?}");
    drafts(&store, &template, private, UrlPolicy::Anywhere).await.unwrap();
}
