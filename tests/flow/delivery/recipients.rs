//! The confirmation link of mails to the shop's team.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Client;
use serde_json::{Value, json};

async fn mail(shop: &Shop, address: &str, count: usize) -> Vec<Value> {
    let mail = async || Some(shop.mail_to(address).await).filter(|mail| mail.len() == count);
    eventually("the mail", mail).await
}

#[tokio::test]
async fn the_confirmation_link_acts_on_post_and_never_on_get() {
    let shop = Shop::open("recipients").await;
    shop.coupon("FLASH20", json!({})).await;
    let address = "team@recipients.example.com";
    let tell = json!({"name": "tell", "trigger": {"type": "coupon_redeemed"}, "re_entry": true, "steps": [
        {"id": "tell", "type": "notify", "channel": "email", "to": [address], "subject": "Sold", "text": "t"}]});
    shop.workflow(tell).await;
    let redeem = async |order: &str| {
        shop.redeem(&purchase_body("FLASH20", order, "ana@recipients.example.com")).await.expect(201);
    };
    redeem("ord_1").await;
    let question = mail(&shop, address, 1).await.remove(0);
    assert_eq!(question["Subject"], "Do you want messages from the shop recipients?");
    let body = text(&question["BodyText"]);
    let url = body.split_whitespace().find(|word| word.starts_with(shop.stack.api_url.as_str())).unwrap();

    let page = async || {
        let page = Client::new().get(url).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    };
    for _ in 0..2 {
        let (status, page) = page().await;
        assert!(status == 200 && page.contains("<form method=\"post\">"), "{status} {page}");
    }
    let wrong = format!("{}{}", &url[..url.len() - 1], if url.ends_with('0') { '1' } else { '0' });
    for no_link in [&wrong, &format!("{url}.x"), &url.replace("recipients.", "recipients-other.")] {
        assert_eq!(Client::new().get(no_link).send().await.unwrap().status(), 404, "{no_link}");
        assert_eq!(Client::new().post(no_link).send().await.unwrap().status(), 404, "{no_link}");
    }
    redeem("ord_2").await;
    for _ in 0..2 {
        let done = Client::new().post(url).send().await.unwrap();
        assert_eq!(done.status(), 200);
        assert!(done.text().await.unwrap().contains("Your address is confirmed"));
    }
    redeem("ord_3").await;
    let subjects: Vec<Value> = mail(&shop, address, 2).await.into_iter().map(|mail| mail["Subject"].clone()).collect();
    assert_eq!(subjects[1], "Sold");
}
