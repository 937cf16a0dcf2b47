//! Rules of the sessions of the console, over HTTP.

use couponflow_tests::shop::Shop;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::json;

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Sends a form like a page of the console.
async fn post(url: &str, cookie: &str, form: &[(&str, &str)]) -> Response {
    let body = form.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let request = client().post(url).header("sec-fetch-site", "same-origin").header("cookie", cookie);
    request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap()
}

async fn get(url: &str, cookie: &str) -> Response {
    client().get(url).header("cookie", cookie).send().await.unwrap()
}

/// Signs in with a key. Returns the cookie of the session.
async fn sign_in(shop: &Shop, key: &str) -> String {
    let response = post(&shop.console("sign-in"), "", &[("key", key)]).await;
    assert_eq!((response.status(), header(&response, "location")), (StatusCode::SEE_OTHER, "home"));
    let cookie = header(&response, "set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("Path"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

/// Returns the token that the forms of a page contain.
fn form_token(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"form_token\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn session_starts_with_an_admin_key_and_ends_on_sign_out_and_with_its_key() {
    let shop = Shop::open("console-session").await;
    let (home, sign_in_page) = (shop.console("home"), shop.console("sign-in"));
    for key in [shop.keys.server.as_str(), "cf_admin_0000", ""] {
        let refused = post(&sign_in_page, "", &[("key", key)]).await;
        assert!([401, 403].contains(&refused.status().as_u16()), "{key}: {}", refused.status());
        assert_eq!(header(&refused, "set-cookie"), "");
    }
    let stranger = get(&shop.console("coupons/cpn_1?done=saved"), "").await;
    let location = header(&stranger, "location").to_owned();
    assert_eq!(
        (stranger.status().as_u16(), location.as_str()),
        (303, "../sign-in?next=coupons%2Fcpn_1%3Fdone%3Dsaved")
    );

    let cookie = sign_in(&shop, &shop.keys.admin).await;
    let page = get(&home, &cookie).await;
    assert_eq!(page.status(), 200);
    for (name, value) in
        [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(header(&page, name), value);
    }
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let token = form_token(&page.text().await.unwrap());
    let out = post(&shop.console("sign-out"), &cookie, &[("form_token", &token)]).await;
    assert_eq!((out.status().as_u16(), header(&out, "location")), (303, "sign-in"));
    assert_eq!(get(&home, &cookie).await.status(), 303, "the session has ended");

    let body = json!({"scope": "admin", "name": "Console"}).to_string();
    let made = shop.send(Method::POST, "/v1/keys", &shop.keys.admin, Some(body)).await.expect(201);
    let cookie = sign_in(&shop, made["secret"].as_str().unwrap()).await;
    assert_eq!(get(&home, &cookie).await.status(), 200);
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    shop.send(Method::DELETE, &path, &shop.keys.admin, None).await;
    assert_eq!(get(&home, &cookie).await.status(), 303, "the session ends with its key");
}

#[tokio::test]
async fn sign_in_link_works_once_and_only_when_its_button_is_pressed() {
    let shop = Shop::open("console-link").await;
    let link = shop.sign_in_link().await;
    for _ in 0..2 {
        let page = get(&link, "").await;
        assert_eq!((page.status().as_u16(), header(&page, "set-cookie")), (200, ""));
    }
    let token = link.rsplit_once("token=").unwrap().1;
    let form = [("link_token", token)];
    let used = post(&shop.console("sign-in"), "", &form).await;
    assert_eq!(used.status(), 303);
    let again = post(&shop.console("sign-in"), "", &form).await;
    assert_eq!((again.status().as_u16(), header(&again, "set-cookie")), (401, ""));
}

#[tokio::test]
async fn form_of_another_site_or_session_changes_nothing() {
    let shop = Shop::open("console-csrf").await;
    let coupon = shop.coupon("KEEP10", json!({})).await;
    let cookie = sign_in(&shop, &shop.keys.admin).await;
    let token = form_token(&get(&shop.console("home"), &cookie).await.text().await.unwrap());
    let pause = shop.console(&format!("coupons/{coupon}/pause"));
    let body = format!("form_token={token}");
    for site in ["cross-site", "same-site", "none"] {
        let request = client().post(&pause).header("sec-fetch-site", site).header("cookie", &cookie);
        let form = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        assert_eq!(form.send().await.unwrap().status(), 403, "{site}");
    }
    for wrong in ["", "0000"] {
        assert_eq!(post(&pause, &cookie, &[("form_token", wrong)]).await.status(), 403, "{wrong}");
    }
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["status"], "active");
    assert_eq!(post(&pause, &cookie, &[("form_token", &token)]).await.status(), 303);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["status"], "paused");
}
