//! Converts a failed call of SES or SNS into a [`SendError`].

use std::error::Error as StdError;
use std::io;

use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use couponflow_app::delivery::send_error::{Cause, ReportedCause, SendError};

/// Converts a failed call of `service`, according to whether the service may have accepted the message. After a
/// rejection because of throttling, or with an error code in `transient_codes`, a later attempt may succeed.
pub(crate) fn undelivered<E>(
    service: &'static str,
    transient_codes: &[&str],
    error: SdkError<E, HttpResponse>,
) -> SendError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let (kind, code, report): (fn(Cause) -> SendError, String, String) = match &error {
        SdkError::ConstructionFailure(_) => {
            (SendError::Permanent, "invalid request".to_owned(), "the request could not be built".to_owned())
        }
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            (SendError::Retry, "invalid request".to_owned(), "the request could not be sent".to_owned())
        }
        SdkError::DispatchFailure(_) if is_connection_refused(&error) => {
            (SendError::Retry, "connection refused".to_owned(), "the connection was refused".to_owned())
        }
        SdkError::DispatchFailure(_) => {
            (SendError::Unknown, "connection failed".to_owned(), "the connection failed".to_owned())
        }
        SdkError::TimeoutError(_) => {
            (SendError::Unknown, "time-out".to_owned(), "no response arrived in time".to_owned())
        }
        SdkError::ResponseError(_) => {
            (SendError::Unknown, "unreadable response".to_owned(), "the response was unreadable".to_owned())
        }
        SdkError::ServiceError(answer) => {
            let (status, code) = (answer.raw().status().as_u16(), answer.err().code().unwrap_or_default());
            let kind = match status {
                429 => SendError::Retry,
                _ if code.contains("Throttl") || transient_codes.contains(&code) => SendError::Retry,
                400..500 => SendError::Permanent,
                _ => SendError::Unknown,
            };
            let report = [code, answer.err().message().unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
            let report = report.collect::<Vec<_>>().join(": ");
            let http = format!("HTTP status {status}");
            let named = if code.is_empty() { http.clone() } else { code.to_owned() };
            (kind, named, if report.is_empty() { http } else { report })
        }
        _ => (SendError::Unknown, "call failed".to_owned(), "the call failed".to_owned()),
    };
    let (code, report) = (format!("{service} {code}"), format!("{service}: {report}"));
    kind(ReportedCause { code, report, source: Some(error.into()) }.into())
}

/// Whether the server refused the connection. If so, nothing was sent.
fn is_connection_refused(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |cause: &&(dyn StdError + 'static)| (*cause).source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| io.kind() == io::ErrorKind::ConnectionRefused)
}
