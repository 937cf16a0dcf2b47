//! Consent: the setting `opt_in_required`, and the unsubscribe link in the body of an e-mail.

use couponflow_tests::fixtures::{stored_contact, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::mail;
use serde_json::json;

#[tokio::test]
async fn opt_in_required_sends_only_to_contacts_who_granted_consent() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let opted_in = json!({"email": "ana@example.com", "consent": {"email": "granted", "source": "form"}});
    stored_contact(&harness.store, opted_in).await;
    let more = json!({"opt_in_required": true, "re_entry": true});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("news")]), more).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 2000)).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["news completed"]);
    harness.handle(&harness.redeemed_event(&coupon, "ord_2", "bo@example.com", 3000)).await;
    let sent: Vec<_> = harness.outbound.mails().iter().map(|mail| mail.to[0].as_str().to_owned()).collect();
    assert_eq!(sent, ["ana@example.com"]);
}

#[tokio::test]
async fn unsubscribe_url_is_the_link_of_the_header_and_stays_out_of_the_timeline() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let step = json!({"id": "news", "type": "send_email", "subject": "News",
        "html": "<a href=\"{{unsubscribe_url}}\">Unsubscribe</a>", "text": "Unsubscribe: {{unsubscribe_url}}"});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([step]), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 2000)).await;
    let sent = harness.outbound.mails().remove(0);
    let url = sent.unsubscribe_url.unwrap();
    assert_eq!(sent.html.unwrap().as_str(), format!("<a href=\"{}\">Unsubscribe</a>", url.as_str()));
    assert_eq!(sent.text.unwrap().as_str(), format!("Unsubscribe: {}", url.as_str()));
    let secret = url.as_str().rsplit('.').next().unwrap();
    let input = serde_json::to_string(&harness.execution_of(&workflow).await.steps[0].input).unwrap();
    assert!(input.contains("[unsubscribe_url]") && !input.contains(secret), "{input}");
}
