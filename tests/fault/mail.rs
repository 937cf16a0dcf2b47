use couponflow_app::ports::{Mail, MailError, Mailer as _};
use couponflow_aws::mail::Ses;
use couponflow_domain::customer::Email;
use couponflow_tests::local;
use couponflow_tests::scripted::{Reply, Scripted};
use serde_json::json;

fn mail() -> Mail {
    Mail {
        to: vec![Email::parse("ana@example.com").unwrap()],
        subject: "Welcome".into(),
        html: None,
        text: Some("Hello".into()),
        tag: "exe_1_welcome".into(),
    }
}

async fn sent(
    reply: impl Fn(usize, &serde_json::Value) -> Reply + Send + Sync + 'static,
) -> (Result<(), MailError>, usize) {
    let service = Scripted::start(reply).await;
    let outcome = Ses::new(&service.config, "shop@example.com".into()).send(&mail()).await;
    (outcome, service.asked().len())
}

fn refusal(status: u16, code: &'static str) -> impl Fn(usize, &serde_json::Value) -> Reply + Send + Sync {
    move |_, _| Reply::Json(status, json!({"__type": code, "message": "no"}))
}

#[tokio::test]
async fn a_call_is_made_once_and_its_failure_says_whether_to_try_again() {
    assert!(matches!(sent(|_, _| Reply::Json(200, json!({"MessageId": "m"}))).await, (Ok(()), 1)));
    assert!(matches!(sent(refusal(429, "TooManyRequestsException")).await, (Err(MailError::Retry(_)), 1)));
    assert!(matches!(sent(refusal(400, "MessageRejected")).await, (Err(MailError::Refused(_)), 1)));
    assert!(matches!(sent(refusal(500, "InternalFailure")).await, (Err(MailError::Unknown(_)), 1)));
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_it_unknown() {
    assert!(matches!(sent(|_, _| Reply::Silence).await, (Err(MailError::Unknown(_)), 1)));
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = local::sdk_config(format!("http://{free}"));
    let outcome = Ses::new(&config, "shop@example.com".into()).send(&mail()).await;
    assert!(matches!(outcome, Err(MailError::Retry(_))), "{outcome:?}");
}
