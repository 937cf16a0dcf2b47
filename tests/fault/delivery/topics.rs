//! The SNS adapter with failing calls.

use couponflow_app::delivery::send_error::SendError;
use couponflow_aws::topics::Sns;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_tests::fixtures::tenant;
use couponflow_tests::local;
use couponflow_tests::scripted::{Reply, ScriptedService};

fn topic() -> TopicArn {
    TopicArn::parse("arn:aws:sns:us-east-1:000000000000:couponflow-demo_sales", &tenant("demo")).unwrap()
}

async fn published(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Result<(), SendError>, usize) {
    let service = ScriptedService::start(move |_, _| reply()).await;
    let outcome = Sns::new(&service.config).publish(&topic(), Some("Sold out"), "FLASH20 is sold out").await;
    (outcome, service.requests().len())
}

fn rejection(status: u16, code: &'static str) -> impl Fn() -> Reply + Send + Sync {
    move || {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
        Reply::Xml(status, format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"))
    }
}

#[tokio::test]
async fn a_message_is_published_once_and_its_error_says_whether_to_retry() {
    let taken = || {
        let result = "<PublishResult><MessageId>m</MessageId></PublishResult>";
        Reply::Xml(200, format!("<PublishResponse>{result}</PublishResponse>"))
    };
    assert!(matches!(published(taken).await, (Ok(()), 1)));
    assert!(matches!(published(rejection(429, "ThrottledException")).await, (Err(SendError::Retry(_)), 1)));
    assert!(matches!(published(rejection(400, "Throttling")).await, (Err(SendError::Retry(_)), 1)));
    assert!(matches!(published(rejection(404, "NotFound")).await, (Err(SendError::Permanent(_)), 1)));
    let denied = published(rejection(403, "AuthorizationError")).await.0.unwrap_err();
    assert!(matches!(denied, SendError::Permanent(_)), "{denied:?}");
    assert_eq!(denied.reason(), "rejected: SNS: AuthorizationError: no");
    assert!(matches!(published(rejection(500, "InternalError")).await, (Err(SendError::Unknown(_)), 1)));
}

#[tokio::test]
async fn a_publication_without_a_response_has_an_unknown_outcome() {
    assert!(matches!(published(|| Reply::Silence).await, (Err(SendError::Unknown(_)), 1)));
}

#[tokio::test]
async fn a_refused_connection_may_be_retried() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = local::sdk_config(format!("http://{free}"));
    let outcome = Sns::new(&config).publish(&topic(), None, "FLASH20 is sold out").await;
    assert!(matches!(outcome, Err(SendError::Retry(_))), "{outcome:?}");
}
