//! Contacts over HTTP: creation, lookup, edits, erasure and template previews.

use couponflow_tests::shop::{ApiResponse, Shop, text};
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};

/// Sends a request with the admin key. Returns the status, the `ETag` and the body.
async fn send(shop: &Shop, method: Method, path: &str, if_match: Option<&str>, body: &Value) -> (u16, String, Value) {
    let request = shop.request(method, path).json(body);
    let request = if_match.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
    let response = request.send().await.unwrap();
    let tag = response.headers().get(ETAG).map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status().as_u16(), tag, response.json().await.unwrap_or_default())
}

async fn create(shop: &Shop, body: &Value) -> ApiResponse {
    shop.send(Method::POST, "/v1/contacts", &shop.keys.server, Some(body.to_string())).await
}

fn pointers(body: &Value) -> Vec<&str> {
    body["errors"].as_array().into_iter().flatten().map(|error| error["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_contact_is_created_once_and_found_by_address_tag_and_list() {
    let shop = Shop::open("contacts").await;
    let details = json!({"email": "ana@contacts.example.com", "customer_id": "cust_1", "first_name": "Ana",
        "last_name": "Silva", "tags": ["VIP"], "lists": ["Newsletter"], "time_zone": "Europe/Lisbon", "locale": "pt-PT",
        "consent": {"email": "granted", "source": "form"}});
    let made = create(&shop, &details).await.expect(201);
    for (name, value) in details.as_object().unwrap().iter().filter(|(name, _)| *name != "consent") {
        assert_eq!(&made[name], value);
    }
    assert_eq!((&made["consent"]["email"], &made["consent"]["source"]), (&json!("granted"), &json!("form")));
    assert_eq!(made["consent"]["changed_at"], made["created_at"]);
    let shown: Vec<_> = made.as_object().unwrap().keys().collect();
    assert!(!shown.iter().any(|name| name.contains("token") || *name == "listening"), "{shown:?}");
    let again = create(&shop, &json!({"email": "ANA@contacts.example.com"})).await.expect(409);
    assert_eq!((&again["code"], &again["existing_id"]), (&json!("contact_exists"), &made["id"]));

    let other = create(&shop, &json!({"customer_id": "cust_2", "lists": ["Newsletter"]})).await.expect(201);
    let list = async |query: &str| shop.get(&format!("/v1/contacts?{query}")).await["data"].clone();
    assert_eq!(list("email=Ana@contacts.example.com").await, json!([made]));
    assert_eq!(list("tag=VIP").await, json!([made]));
    assert_eq!(list("tag=%20vip").await, json!([made]), "the tag filter ignores case and outer spaces");
    assert_eq!(list("list=Newsletter").await.as_array().unwrap().len(), 2);
    assert_eq!(list("list=Newsletter&tag=VIP").await, json!([made]));
    assert_eq!(list("list=Newsletter&email=ana@contacts.example.com&tag=none").await, json!([]));
    assert_eq!(list("").await, json!([other, made]));
    let first = shop.get("/v1/contacts?list=Newsletter&limit=1").await;
    let rest = list(&format!("list=Newsletter&cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!((first["data"].as_array().unwrap().len(), rest.as_array().unwrap().len()), (1, 1));
    assert_ne!(first["data"][0], rest[0]);

    let bad = json!({"email": "ana", "time_zone": "Mars", "listening": []});
    let refused = create(&shop, &bad).await.expect(422);
    assert_eq!(pointers(&refused), ["/listening", "/email", "/time_zone"]);
    let by_a_browser = shop.send(Method::POST, "/v1/contacts", &shop.keys.storefront, Some("{}".into())).await;
    assert_eq!(by_a_browser.expect(403)["code"], "insufficient_scope");
}

#[tokio::test]
async fn creating_a_contact_again_with_the_same_key_repeats_the_response() {
    let shop = Shop::open("contacts-once").await;
    let body = json!({"email": "ana@contacts-once.example.com"});
    let make = async || shop.post_with_key("/v1/contacts", &shop.keys.server, "make-ana", &body).await;
    assert_eq!(make().await.expect(201), make().await.expect(201));
}

#[tokio::test]
async fn editing_and_erasing_a_contact_require_its_current_version() {
    let shop = Shop::open("contacts-edited").await;
    let details = json!({"email": "ana@contacts-edited.example.com", "first_name": "Ana", "tags": ["VIP", "New"],
        "consent": {"email": "granted", "source": "form"}});
    let path = format!("/v1/contacts/{}", text(&create(&shop, &details).await.expect(201)["id"]));
    let (_, tag, _) = send(&shop, Method::GET, &path, None, &Value::Null).await;
    let patch = async |if_match: Option<&str>, body: Value| send(&shop, Method::PATCH, &path, if_match, &body).await;
    assert_eq!(patch(None, json!({"first_name": "Anna"})).await.0, 428);
    assert_eq!(patch(Some("\"0\""), json!({"first_name": "Anna"})).await.0, 412);
    let change = json!({"first_name": null, "tags": ["VIP"], "lists": ["a"], "consent": {"email": "withdrawn"}});
    let (status, next, edited) = patch(Some(&tag), change).await;
    assert_eq!(status, 200, "{edited:#}");
    assert_ne!(next, tag);
    assert_eq!(
        (&edited["first_name"], &edited["tags"], &edited["lists"]),
        (&Value::Null, &json!(["VIP"]), &json!(["a"]))
    );
    assert_eq!((&edited["consent"]["email"], &edited["consent"]["source"]), (&json!("withdrawn"), &Value::Null));
    assert_eq!(shop.get(&path).await, edited);
    for (body, place) in [
        (json!({"email": "bo@example.com"}), "/email"),
        (json!({"email": null}), ""),
        (json!({"id": "ctc_1"}), "/id"),
        (json!({"tags": (0..92).map(|i| format!("t{i}")).collect::<Vec<_>>()}), "/tags"),
        (json!([]), ""),
    ] {
        let (status, _, refused) = patch(Some("*"), body.clone()).await;
        assert_eq!((status, pointers(&refused)), (422, vec![place]), "{body}");
    }

    let delete = async |if_match| send(&shop, Method::DELETE, &path, if_match, &Value::Null).await.0;
    assert_eq!([delete(None).await, delete(Some(&tag)).await, delete(Some(&next)).await], [428, 412, 204]);
    assert_eq!([delete(Some("*")).await, patch(Some("*"), json!({})).await.0], [404, 404]);
    assert_eq!(send(&shop, Method::GET, &path, None, &Value::Null).await.0, 404);
    assert_eq!(shop.get("/v1/contacts?tag=VIP").await["data"], json!([]));
    let again = create(&shop, &details).await.expect(201);
    assert_eq!(
        (&again["consent"]["email"], &again["lists"]),
        (&json!("withdrawn"), &json!([])),
        "withdrawn consent survives the erasure"
    );
}

#[tokio::test]
async fn a_preview_fills_in_the_contacts_name_like_a_message() {
    let shop = Shop::open("contacts-preview").await;
    create(&shop, &json!({"email": "ana@preview.example.com", "first_name": "Ana"})).await.expect(201);
    let mut event = couponflow_tests::repository::json("events/samples/CouponRedeemed.json")["detail"].take();
    let preview = async |event: &Value| {
        let text = "Hello {{customer.first_name|default('you')}}";
        let body = json!({"trigger": "coupon_redeemed", "text": text, "event": event});
        shop.post("/v1/templates/preview", body).await.expect(200)["text"].clone()
    };
    event["data"]["customer"] = json!({"email": "ana@preview.example.com"});
    assert_eq!(preview(&event).await, "Hello Ana");
    event["data"]["customer"] = json!({"email": "nobody@preview.example.com"});
    assert_eq!(preview(&event).await, "Hello you");
    assert_eq!(
        shop.get("/v1/contacts?email=nobody@preview.example.com").await["data"],
        json!([]),
        "a preview creates no contact"
    );
}
