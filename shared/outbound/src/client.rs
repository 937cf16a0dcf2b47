//! HTTP client that posts requests and classifies failures.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use couponflow_app::delivery::ports::{OutboundRequest, PostResponse};
use couponflow_app::delivery::send_error::{Cause, ReportedCause, SendError};
use couponflow_domain::delivery::webhook::{RetryAfter, UrlPolicy, parse_url};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::host_limits::HostLimits;
use crate::resolver::{NotPublic, Resolver};

/// Time limit for name resolution, connection and TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Time limit for the whole request.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Reading an answer stops after the chunk that reaches this number of bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Maximum number of characters of an answer that are kept.
const MAX_BODY_START_CHARS: usize = 500;

/// Posts to other systems over HTTP.
#[derive(Debug, Clone)]
pub struct HttpPoster {
    client: Client,
    reach: UrlPolicy,
    limits: HostLimits,
}

/// Failure to create the HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("configuring TLS")]
    Tls(#[from] rustls::Error),
    #[error("configuring the HTTP client")]
    Http(#[from] reqwest::Error),
}

impl HttpPoster {
    /// Creates a client that posts to public addresses over TLS. If `allow_private` is true, the
    /// client also posts to private addresses and without TLS. Set `allow_private` only for local
    /// development.
    ///
    /// # Errors
    /// Returns an error if TLS or the HTTP client cannot be configured.
    pub fn new(allow_private: bool) -> Result<Self, ClientError> {
        let reach = if allow_private { UrlPolicy::Anywhere } else { UrlPolicy::Public };
        Self::with_time_limit(reach, TOTAL_TIMEOUT)
    }

    /// Creates a client whose requests take at most `total`, including the answer.
    fn with_time_limit(reach: UrlPolicy, total: Duration) -> Result<Self, ClientError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .dns_resolver(Resolver(reach))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            // Keep no idle connections. An idle connection can break while Lambda has frozen the
            // function, and the failure would show only after the next request was sent.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(total)
            .user_agent(concat!("couponflow/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, reach, limits: HostLimits::default() })
    }
}

/// Configures TLS with Mozilla's root certificates. The certificates are compiled in, so that a
/// cold start reads and parses no files.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(config.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

impl HttpPoster {
    /// Posts a request. Follows no redirects and never repeats a request.
    ///
    /// # Errors
    /// Returns [`SendError`] if the request was not accepted, or if the outcome is unknown.
    pub async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError> {
        let url = parse_url(&request.url, self.reach);
        let url = url.map_err(|error| SendError::Permanent(format!("the URL {error}").into()))?;
        let headers = headers(&request.headers)?;
        let host =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let permit = self.limits.enter(&host).await.map_err(|limited| SendError::Retry(limited.into()))?;
        let begun = Instant::now();
        let sent = self.client.post(url).headers(headers).body(request.body.as_str().to_owned()).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                // A time-out occupies the function. A refused connection does not.
                self.limits.record(&host, !error.is_timeout());
                return Err(classify_failure(error.without_url()));
            }
        };
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let StartOfBody { text: body_start, is_in_time } = start_of_body(response).await;
        self.limits.record(&host, is_in_time);
        drop(permit);
        let milliseconds = begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        check_status(status, retry_after, &body_start)?;
        Ok(PostResponse { status: status.as_u16(), body_start: body_start.into(), milliseconds })
    }
}

fn headers(headers: &[(String, String)]) -> Result<HeaderMap, SendError> {
    let header = |(name, value): &(String, String)| {
        let parsed = name.parse::<HeaderName>().ok().zip(value.parse::<HeaderValue>().ok());
        parsed.ok_or_else(|| SendError::Permanent(format!("the header {name} has an invalid name or value").into()))
    };
    headers.iter().map(header).collect()
}

/// Classifies the failure of a request that got no answer. A request to a forbidden address fails
/// permanently. If no connection was established, nothing was sent, so the request can be retried.
fn classify_failure(error: reqwest::Error) -> SendError {
    let (kind, code): (fn(Cause) -> SendError, &str) = if is_not_public(&error) {
        (SendError::Permanent, "address not public")
    } else if error.is_builder() {
        (SendError::Permanent, "invalid request")
    } else if error.is_connect() {
        (SendError::Retry, "connection failed")
    } else if error.is_timeout() {
        (SendError::Unknown, "time-out")
    } else {
        (SendError::Unknown, "no response")
    };
    // The report names the innermost cause.
    let root = std::iter::successors(error.source(), |cause| (*cause).source()).last();
    let report = match root {
        _ if error.is_timeout() => "no response arrived in time".to_owned(),
        Some(root) => root.to_string(),
        None => error.to_string(),
    };
    kind(ReportedCause { code: code.to_owned(), report, source: Some(error.into()) }.into())
}

fn is_not_public(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |cause: &&(dyn Error + 'static)| (*cause).source())
        .any(|cause| cause.is::<NotPublic>())
}

/// Parses the `Retry-After` header. Returns `None` if the header is missing or malformed.
fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    RetryAfter::parse(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// Classifies an answer by its status. A redirect counts as a permanent failure. The request can be
/// retried only if a later attempt may succeed.
fn check_status(status: StatusCode, retry_after: Option<RetryAfter>, body_start: &str) -> Result<(), SendError> {
    let answer = if body_start.is_empty() { status.to_string() } else { format!("{status}: {body_start}") };
    let answered = |report: String| -> Cause {
        ReportedCause { code: format!("HTTP {}", status.as_u16()), report, source: None }.into()
    };
    match status.as_u16() {
        200..300 => Ok(()),
        300..400 => {
            Err(SendError::Permanent(answered(format!("the receiver answered {status}; redirects are not followed"))))
        }
        408 | 425 | 429 | 500.. => {
            let cause = answered(format!("the receiver answered {answer}"));
            Err(match retry_after {
                Some(asked) => SendError::RetryAfter(cause, asked),
                None => SendError::Retry(cause),
            })
        }
        _ => Err(SendError::Permanent(answered(format!("the receiver answered {answer}")))),
    }
}

struct StartOfBody {
    text: String,
    /// Whether the body ended, reached its limit or failed before the time limit of the request.
    is_in_time: bool,
}

/// Reads the start of the body. Ignores read errors, because the status has already been received.
async fn start_of_body(mut response: Response) -> StartOfBody {
    let mut body = Vec::new();
    let is_in_time = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend(chunk),
            Ok(None) => break true,
            Err(error) => break !error.is_timeout(),
        }
        if body.len() >= MAX_ANSWER_BYTES {
            break true;
        }
    };
    let text = String::from_utf8_lossy(&body).chars().take(MAX_BODY_START_CHARS).collect();
    StartOfBody { text, is_in_time }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Starts a receiver that answers 200 and never ends the body. Returns its URL.
    fn receiver_without_end() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut connection in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let is_read = connection.read(&mut request).is_ok_and(|read| read > 0);
                if is_read && connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").is_ok() {
                    open.push(connection);
                }
            }
        });
        format!("http://127.0.0.1:{port}/hook")
    }

    #[tokio::test]
    async fn receiver_whose_answers_never_end_gets_no_more_requests() {
        let poster = HttpPoster::with_time_limit(UrlPolicy::Anywhere, Duration::from_millis(200)).unwrap();
        let request = OutboundRequest { url: receiver_without_end(), headers: Vec::new(), body: "{}".into() };
        let mut answered = 0;
        let refused = loop {
            match poster.post(&request).await {
                Ok(_) => answered += 1,
                Err(error) if error.reason().contains("gets none for a minute") => break error,
                // On a busy machine, the time limit can end the request before the status arrives.
                Err(SendError::Unknown(_) | SendError::Retry(_)) => answered += 1,
                Err(error) => panic!("{error:?}"),
            }
            assert!(answered <= 5, "the breaker is closed after {answered} requests without an end");
        };
        assert!(matches!(refused, SendError::Retry(_)), "the request can be sent later: {refused:?}");
        assert_eq!(answered, 5);
    }
}
