//! Single writes that conflict with a transaction on the same item.

use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::contacts::contact::contact_id;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::json;

fn conflict() -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
    Reply::Json(400, json!({"__type": kind, "message": "Transaction is ongoing for the item"}))
}

fn store(service: &ScriptedService) -> TenantStore {
    Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into()).of(&fixtures::tenant("demo"))
}

#[tokio::test]
async fn contact_writes_are_retried_after_a_transaction_conflict() {
    let email = Some(Email::parse("ana@example.com").unwrap());
    let ana = Customer { email, id: None, first_name: None, last_name: None, verified: true };
    let id = contact_id(&ana, at(0));
    let contact = json!({"Attributes": {"id": {"S": id}, "unsubscribe_token": {"S": "0123456789ABCDEF"},
        "version": {"N": "1"}, "created_at_ms": {"N": "0"}}});
    let service = ScriptedService::start(move |call, _| match call % 2 {
        0 => conflict(),
        _ => Reply::Json(200, contact.clone()),
    })
    .await;
    let store = store(&service);
    assert_eq!(store.upsert_contact(&ana, at(0), [1; 10]).await.unwrap().unwrap().id, id);
    store.listen(&id, &ExecutionId::new(at(0), [2; 10])).await.unwrap();
    assert_eq!(service.requests().len(), 4);
}
