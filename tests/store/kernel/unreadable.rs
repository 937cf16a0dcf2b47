//! Errors about stored data that cannot be parsed.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::error::chain;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_tests::fixtures::{at, stored_contact, tenant};
use couponflow_tests::table::Dynamo;
use serde_json::json;

const NAME: &str = "Quetzalina";

/// Overwrites an attribute with a text that is not valid for it.
async fn damage(dynamo: &Dynamo, pk: &str, sk: &str, attribute: &str, text: &str) {
    let update = dynamo.client.update_item().table_name("couponflow");
    let update = update.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
    let update = update.update_expression("SET #name = :text").expression_attribute_names("#name", attribute);
    update.expression_attribute_values(":text", AttributeValue::S(text.to_owned())).send().await.unwrap();
}

#[tokio::test]
async fn error_about_a_damaged_item_names_the_path_and_not_the_value() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&tenant("demo"));
    let contact = stored_contact(&store, json!({"email": "ana@example.com"})).await;
    damage(&dynamo, &format!("t#demo#contact#{}", contact.id.key()), "contact", "version", NAME).await;
    let error = store.contact(&contact.id).await.unwrap_err();
    let line = "reading a contact: the stored item is damaged: not a valid CONTACT at version";
    assert_eq!(chain(&error), line);

    let id = ExecutionId::new(at(0), [1; 10]);
    let place = format!("t#demo#execution#{}", id.key());
    damage(&dynamo, &place, "execution", "gsi1pk", "x").await;
    for (attribute, text) in [("gsi1sk", "x"), ("execution", &json!({"id": id, "workflow_id": NAME}).to_string())] {
        damage(&dynamo, &place, "execution", attribute, text).await;
    }
    let update = dynamo.client.update_item().table_name("couponflow").key("pk", AttributeValue::S(place));
    let update = update.key("sk", AttributeValue::S("execution".to_owned())).update_expression("SET revision = :one");
    update.expression_attribute_values(":one", AttributeValue::N("1".to_owned())).send().await.unwrap();
    let error = store.execution(&id).await.unwrap_err();
    let line = "reading an execution: the stored item is damaged: not a valid execution at workflow_id";
    assert_eq!(chain(&error), line);
    assert!(!format!("{error:?}").contains(NAME), "{error:?}");
}
