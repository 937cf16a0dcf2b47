//! The unsubscribe link of mails.

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::contacts::contact::unsubscribe_url;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_tests::local::sdk_config;
use couponflow_tests::shop::{Shop, text};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// Reads the unsubscribe link of a contact from the table, because the API does not show it.
async fn link(shop: &Shop, contact_id: &str) -> String {
    let config = sdk_config(shop.stack.aws_endpoint_url.clone());
    let table = Table::new(aws_sdk_dynamodb::Client::new(&config), shop.stack.table.clone());
    let tenant = TenantId::parse(&shop.tenant).unwrap();
    let contact = table.of(&tenant).contact(&ContactId::parse(contact_id).unwrap()).await.unwrap().unwrap();
    unsubscribe_url(&shop.stack.api_url, &tenant, &contact)
}

/// Sends the one-click unsubscribe request of a mail program, without an API key.
async fn one_click(url: &str) -> Response {
    let form = Client::new().post(url).header("content-type", "application/x-www-form-urlencoded");
    form.body("List-Unsubscribe=One-Click").send().await.unwrap()
}

#[tokio::test]
async fn the_unsubscribe_link_acts_on_post_and_never_on_get() {
    let shop = Shop::open("unsubscribe").await;
    let details = json!({"email": "ana@unsubscribe.example.com", "consent": {"email": "granted"}});
    let made = shop.send(Method::POST, "/v1/contacts", &shop.keys.server, Some(details.to_string())).await.expect(201);
    let id = text(&made["id"]);
    let consent = async || shop.get(&format!("/v1/contacts/{id}")).await["consent"].clone();
    let url = link(&shop, &id).await;

    let page = Client::new().get(&url).send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    for (name, value) in
        [("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
    {
        assert_eq!(page.headers()[name], value);
    }
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(page.contains("<form method=\"post\">") && page.contains("<html lang=\"en\">"), "{page}");
    assert_eq!(consent().await, made["consent"], "a GET changes nothing");

    let wrong = format!("{}{}", &url[..url.len() - 1], if url.ends_with('0') { '1' } else { '0' });
    for no_link in [&wrong, &format!("{url}.x"), &url.replace("unsubscribe.", "unsubscribe-other.")] {
        assert_eq!(one_click(no_link).await.status(), 404, "{no_link}");
        assert_eq!(Client::new().get(no_link).send().await.unwrap().status(), 404);
    }
    assert_eq!(consent().await["email"], "granted");

    let done = one_click(&url).await;
    assert_eq!(done.status(), 200);
    assert!(done.text().await.unwrap().contains("You are unsubscribed"));
    let withdrawn = consent().await;
    assert_eq!((&withdrawn["email"], &withdrawn["source"]), (&json!("withdrawn"), &json!("unsubscribe")));
    let by_the_button = Client::new().post(&url).header("idempotency-key", "").body("{").send().await.unwrap();
    assert_eq!(by_the_button.status(), 200, "the body and headers of the request do not matter");
    assert_eq!(consent().await, withdrawn, "a second POST changes nothing");
}

#[tokio::test]
async fn the_executor_gets_the_url_of_the_stack_for_links_in_mail() {
    let shop = Shop::open("unsubscribe-base").await;
    let function = &shop.stack.functions["action-executor"];
    let url = format!("{}/2015-03-31/functions/{function}/configuration", shop.stack.aws_endpoint_url);
    let configuration: Value = Client::new().get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(configuration["Environment"]["Variables"]["PUBLIC_URL"], json!(shop.stack.api_url));
}
