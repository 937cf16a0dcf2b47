//! The SES adapter, the suppression list and the mail rate limit while their services fail.

use aws_config::SdkConfig;
use chrono::TimeDelta;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::delivery::ports::{Mail, MailSchedule};
use couponflow_app::delivery::send_error::SendError;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::ports::{AccessStore as _, TenantStores as _};
use couponflow_aws::dynamo::{MailRate, Table};
use couponflow_aws::mail::Ses;
use couponflow_domain::delivery::mail::{Sender, SuppressionReason, tags};
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::settings::{SettingChange, SettingsChange};
use couponflow_tests::fixtures::at;
use couponflow_tests::scripted::{Reply, ScriptedService};
use couponflow_tests::{fixtures, local};
use serde_json::{Value, json};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

fn ana() -> Email {
    Email::parse("ana@example.com").unwrap()
}

fn default_sender() -> SettingsChange {
    SettingsChange { sender: SettingChange::Reset, ..SettingsChange::default() }
}

fn mail() -> Mail {
    Mail {
        from: None,
        to: vec![ana()],
        subject: "Welcome".into(),
        html: None,
        text: Some("Hello".into()),
        unsubscribe_url: None,
        tags: tags(&fixtures::tenant("demo"), &ExecutionId::new(at(0), [1; 10]), "welcome"),
    }
}

fn ses(config: &SdkConfig) -> Ses {
    Ses::new(config, "coupons@example.com".into(), Some("couponflow-mail".into()))
}

async fn sent(reply: impl Fn(usize, &Value) -> Reply + Send + Sync + 'static) -> (Result<String, SendError>, usize) {
    let service = ScriptedService::start(reply).await;
    let outcome = ses(&service.config).send(&mail()).await;
    (outcome, service.requests().len())
}

/// Sends a mail and returns the request that SES received.
async fn asked(mail: &Mail) -> Value {
    let service = ScriptedService::start(|_, _| Reply::Json(200, json!({"MessageId": "m"}))).await;
    ses(&service.config).send(mail).await.unwrap();
    service.requests().remove(0)
}

fn rejection(status: u16, code: &'static str) -> impl Fn(usize, &Value) -> Reply + Send + Sync {
    move |_, _| Reply::Json(status, json!({"__type": code, "message": "no"}))
}

#[tokio::test]
async fn a_mail_is_sent_once_and_its_error_says_whether_to_retry() {
    let (id, calls) = sent(|_, _| Reply::Json(200, json!({"MessageId": "m"}))).await;
    assert_eq!((id.unwrap().as_str(), calls), ("m", 1));
    assert!(matches!(sent(rejection(429, "TooManyRequestsException")).await, (Err(SendError::Retry(_)), 1)));
    assert!(matches!(sent(rejection(400, "MessageRejected")).await, (Err(SendError::Permanent(_)), 1)));
    assert!(matches!(sent(rejection(500, "InternalFailure")).await, (Err(SendError::Unknown(_)), 1)));
}

#[tokio::test]
async fn users_are_told_what_the_mail_service_reported() {
    let reason = async |reply| sent(reply).await.0.unwrap_err().reason();
    assert_eq!(reason(rejection(400, "MessageRejected")).await, "rejected: SES: MessageRejected: no");
    assert_eq!(
        reason(rejection(429, "TooManyRequestsException")).await,
        "not accepted: SES: TooManyRequestsException: no"
    );
}

#[tokio::test]
async fn the_code_of_a_failed_mail_is_for_the_log() {
    let code = async |reply| sent(reply).await.0.unwrap_err().code().to_owned();
    assert_eq!(code(rejection(403, "AccessDeniedException")).await, "SES AccessDeniedException");
    assert_eq!(code(rejection(429, "TooManyRequestsException")).await, "SES TooManyRequestsException");
    let (silence, _) = sent(|_, _| Reply::Silence).await;
    assert!(silence.unwrap_err().code().starts_with("SES "), "the log names the service");
}

#[tokio::test]
async fn a_mail_without_a_response_has_an_unknown_outcome() {
    assert!(matches!(sent(|_, _| Reply::Silence).await, (Err(SendError::Unknown(_)), 1)));
}

#[tokio::test]
async fn a_refused_connection_may_be_retried() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = local::sdk_config(format!("http://{free}"));
    let outcome = ses(&config).send(&mail()).await;
    assert!(matches!(outcome, Err(SendError::Retry(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_mail_carries_sender_unsubscribe_headers_and_step_tags() {
    let sender = Sender {
        email: Email::parse("shop@example.com").unwrap(),
        name: Some("Müller, \"Söhne\" & Co".into()),
        reply_to: Some(Email::parse("help@example.com").unwrap()),
    };
    let url = "https://api.example.com/u?t=1";
    let asked = asked(&Mail { from: Some(sender), unsubscribe_url: Some(url.into()), ..mail() }).await;
    assert_eq!(asked["FromEmailAddress"], "=?utf-8?Q?M=C3=BCller=2C_=22S=C3=B6hne=22_=26_Co?= <shop@example.com>");
    assert_eq!(asked["ReplyToAddresses"], json!(["help@example.com"]));
    assert_eq!(
        asked["Content"]["Simple"]["Headers"],
        json!([{"Name": "List-Unsubscribe", "Value": "<https://api.example.com/u?t=1>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}])
    );
    assert_eq!(asked["ConfigurationSetName"], "couponflow-mail");
    let execution = ExecutionId::new(at(0), [1; 10]);
    assert_eq!(
        asked["EmailTags"],
        json!([{"Name": "couponflow-tenant", "Value": "demo"}, {"Name": "couponflow-execution", "Value": execution},
            {"Name": "couponflow-step", "Value": "welcome"}])
    );
}

#[tokio::test]
async fn a_mail_without_a_tenant_sender_uses_the_default_sender() {
    let asked = asked(&mail()).await;
    assert_eq!(asked["FromEmailAddress"], "coupons@example.com");
    assert!(asked.get("ReplyToAddresses").is_none() && asked["Content"]["Simple"].get("Headers").is_none(), "{asked}");
}

#[tokio::test]
async fn header_injection_is_rejected_before_any_call() {
    let service = ScriptedService::start(|_, _| Reply::Json(200, json!({"MessageId": "m"}))).await;
    let subject = Mail { subject: "Hi\r\nBcc: eve@example.com".into(), ..mail() };
    let link = Mail { unsubscribe_url: Some("https://a.example/\r\nBcc: eve@example.com".into()), ..mail() };
    for broken in [subject, link] {
        let outcome = ses(&service.config).send(&broken).await;
        assert!(matches!(outcome, Err(SendError::Permanent(_))), "{outcome:?}");
    }
    assert!(service.requests().is_empty());
}

fn table(service: &ScriptedService) -> Table {
    Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into())
}

fn throttled() -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    Reply::Json(400, json!({"__type": kind, "message": "slow down"}))
}

#[tokio::test]
async fn throttled_calls_are_retried() {
    let service = ScriptedService::start(|call, _| match call {
        0 | 2 | 4 | 6 | 8 => throttled(),
        9 => Reply::Json(200, json!({"Attributes": {"next_us": {"N": at(50).timestamp_micros().to_string()}}})),
        _ => Reply::Json(200, json!({})),
    })
    .await;
    let store = table(&service).of(&fixtures::tenant("demo"));
    assert!(store.suppressions(&[ana()]).await.unwrap() == [None]);
    store.suppress(&ana(), SuppressionReason::Bounced, at(1)).await.unwrap();
    assert!(store.lift(&ana(), at(2)).await.unwrap());
    assert!(store.configure(&default_sender()).await.unwrap());
    let slot = MailRate::new(table(&service), 20).reserve(MailSchedule::Account, 1, at(0), MINUTE).await;
    assert_eq!(slot.unwrap(), Some(at(0)));
    assert_eq!(service.requests().len(), 10);
}

#[tokio::test]
async fn a_store_call_without_a_response_is_an_error() {
    let service = ScriptedService::start(|_, _| Reply::Silence).await;
    let store = table(&service).of(&fixtures::tenant("demo"));
    let rate = MailRate::new(table(&service), 14);
    let (email, change) = (ana(), default_sender());
    let emails = [ana()];
    let (read, suppressed, lifted, sender, set, slot) = tokio::join!(
        store.suppressions(&emails),
        store.suppress(&email, SuppressionReason::Complained, at(1)),
        store.lift(&email, at(1)),
        store.profile(),
        store.configure(&change),
        rate.reserve(MailSchedule::Account, 1, at(1), MINUTE),
    );
    let failed =
        |outcome: Option<StoreError>| assert!(matches!(outcome, Some(StoreError::Failed { .. })), "{outcome:?}");
    for outcome in [read.err(), suppressed.err(), lifted.err(), sender.err(), set.err(), slot.err()] {
        failed(outcome);
    }
}

#[tokio::test]
async fn a_damaged_mail_schedule_is_reported_as_damaged() {
    let service = ScriptedService::start(|_, _| Reply::Json(200, json!({"Attributes": {"next_us": {"S": "x"}}}))).await;
    let slot = MailRate::new(table(&service), 14).reserve(MailSchedule::Account, 1, at(0), MINUTE).await;
    assert!(matches!(slot, Err(StoreError::Damaged { .. })), "{slot:?}");
}
