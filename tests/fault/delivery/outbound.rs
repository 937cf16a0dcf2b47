//! The HTTP client for webhooks with failing, hostile and forbidden receivers.

use chrono::TimeDelta;
use couponflow_app::delivery::ports::{OutboundRequest, PostResponse};
use couponflow_app::delivery::send_error::SendError;
use couponflow_domain::delivery::webhook::RetryAfter;
use couponflow_outbound::HttpPoster;
use couponflow_tests::receiver::{Receiver, answer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

async fn post(allow_private: bool, url: &str) -> Result<PostResponse, SendError> {
    let headers = vec![("webhook-id".to_owned(), "exe_1_tell".to_owned())];
    let request = OutboundRequest { url: url.to_owned(), headers, body: r#"{"code":"VIP50"}"#.into() };
    HttpPoster::new(allow_private).unwrap().post(&request).await
}

async fn post_to(receiver: &Receiver) -> Result<PostResponse, SendError> {
    post(true, &receiver.url()).await
}

async fn answered(status: &str) -> Result<PostResponse, SendError> {
    post_to(&Receiver::answering(answer(status, "", "why")).await).await
}

#[tokio::test]
async fn a_request_and_its_response_are_transmitted_unchanged() {
    let receiver = Receiver::answering(answer("202 Accepted", "", "thanks")).await;
    let taken = post_to(&receiver).await.unwrap();
    assert_eq!((taken.status, taken.body_start.as_str()), (202, "thanks"));
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /hook HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("webhook-id: exe_1_tell\r\n"), "{}", requests[0]);
    assert!(requests[0].ends_with("\r\n\r\n{\"code\":\"VIP50\"}"), "{}", requests[0]);
}

#[tokio::test]
async fn the_code_for_the_log_does_not_quote_the_receiver() {
    for (status, code) in [("503 Unavailable", "HTTP 503"), ("302 Found", "HTTP 302"), ("410 Gone", "HTTP 410")] {
        assert_eq!(answered(status).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn the_status_decides_whether_to_retry() {
    for later in ["408 Request Timeout", "425 Too Early", "429 Too Many Requests", "500 Error", "503 Unavailable"] {
        assert!(
            matches!(answered(later).await, Err(SendError::Retry(why)) if why.to_string().contains("why")),
            "{later}"
        );
    }
    for never in ["400 Bad Request", "401 Unauthorized", "404 Not Found", "410 Gone", "422 Unprocessable Content"] {
        assert!(
            matches!(answered(never).await, Err(SendError::Permanent(why)) if why.to_string().contains("why")),
            "{never}"
        );
    }
}

#[tokio::test]
async fn a_retry_after_header_is_reported_with_the_error() {
    let two_minutes = RetryAfter::Delay(TimeDelta::minutes(2));
    let date = RetryAfter::Date("2026-11-27T12:00:00Z".parse().unwrap());
    for (status, header, expected) in [
        ("429 Too Many Requests", "retry-after: 120\r\n", Some(two_minutes)),
        ("503 Unavailable", "Retry-After:  120 \r\n", Some(two_minutes)),
        ("503 Unavailable", "retry-after: Fri, 27 Nov 2026 12:00:00 GMT\r\n", Some(date)),
        ("408 Request Timeout", "retry-after: 120\r\n", Some(two_minutes)),
        ("503 Unavailable", "retry-after: soon\r\n", None),
        ("503 Unavailable", "retry-after: \u{e9}\r\n", None),
        ("503 Unavailable", "", None),
    ] {
        let busy = Receiver::answering(answer(status, header, "why")).await;
        let asked = match post_to(&busy).await {
            Err(SendError::RetryAfter(why, asked)) if why.to_string().contains("why") => Some(asked),
            Err(SendError::Retry(why)) if why.to_string().contains("why") => None,
            other => panic!("{status} {header}: {other:?}"),
        };
        assert_eq!(asked, expected, "{status} {header}");
        assert_eq!(busy.requests().len(), 1, "the client itself does not retry");
    }
    let gone = Receiver::answering(answer("410 Gone", "retry-after: 120\r\n", "")).await;
    assert!(
        matches!(post_to(&gone).await, Err(SendError::Permanent(_))),
        "410 is final even with a Retry-After header"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::answering(answer("200 OK", "", "")).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: http://127.0.0.1:{}/inside\r\n", elsewhere.port);
        let redirecting = Receiver::answering(answer(status, &location, "")).await;
        assert!(matches!(post_to(&redirecting).await, Err(SendError::Permanent(_))), "{status}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_endless_response_is_read_up_to_its_limit() {
    let endless = Receiver::start(|mut connection| async move {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut written = connection.write_all(head).await;
        while written.is_ok() {
            written = connection.write_all(b"a\r\n\xff123456789\r\n").await;
        }
    })
    .await;
    assert_eq!(post_to(&endless).await.unwrap().body_start.as_str(), "\u{fffd}123456789".repeat(50));
    let long = Receiver::answering(answer("200 OK", "", &"é".repeat(100_000))).await;
    assert_eq!(post_to(&long).await.unwrap().body_start.as_str(), "é".repeat(500));
}

#[tokio::test]
async fn a_truncated_response_counts_by_its_status() {
    let cut_off = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert_eq!(post_to(&cut_off).await.unwrap().body_start, "half");
}

#[tokio::test]
async fn a_request_without_a_response_has_an_unknown_outcome() {
    let hanging_up = Receiver::start(|_| async {}).await;
    assert!(matches!(post_to(&hanging_up).await, Err(SendError::Unknown(_))));
    let no_http = Receiver::answering("what?\r\n\r\n").await;
    assert!(matches!(post_to(&no_http).await, Err(SendError::Unknown(_))));
    let silent = Receiver::start(|connection| async move {
        std::future::pending::<()>().await;
        drop(connection);
    })
    .await;
    assert!(matches!(post_to(&silent).await, Err(SendError::Unknown(_))));
    assert_eq!(silent.requests().len(), 1, "the client itself does not retry");
}

#[tokio::test]
async fn a_failed_connection_may_be_retried() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(post(true, &format!("http://{free}/")).await, Err(SendError::Retry(_))));
    assert!(matches!(post(true, "http://nobody.invalid/").await, Err(SendError::Retry(_))));
    let speaks_no_tls = Receiver::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let over_tls = format!("https://127.0.0.1:{}/", speaks_no_tls.port);
    assert!(matches!(post(true, &over_tls).await, Err(SendError::Retry(_))));
}

#[tokio::test]
async fn private_addresses_are_never_connected_to() {
    let inside = Receiver::answering(answer("200 OK", "", "")).await;
    let port = inside.port;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://user:password@localhost:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let outcome = post(false, &url).await;
        assert!(matches!(outcome, Err(SendError::Permanent(_))), "{url}: {outcome:?}");
    }
    assert!(inside.requests().is_empty());
}
