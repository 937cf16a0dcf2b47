//! Converts a failed call of SES or SNS into a [`SendError`].

use std::error::Error as StdError;
use std::fmt::Debug;
use std::io;

use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use couponflow_app::delivery::send_error::{Cause, SendError};

/// Failed call of a messaging service. The text states the error that the service returned, or why no response arrived.
/// The source has the details.
#[derive(Debug, thiserror::Error)]
#[error("{service}: {report}")]
struct FailedCall {
    service: &'static str,
    report: String,
    #[source]
    source: Cause,
}

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
    let (kind, report): (fn(Cause) -> SendError, String) = match &error {
        SdkError::ConstructionFailure(_) => (SendError::Permanent, "the request could not be built".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            (SendError::Retry, "the request could not be sent".to_owned())
        }
        SdkError::DispatchFailure(_) if is_connection_refused(&error) => {
            (SendError::Retry, "the connection was refused".to_owned())
        }
        SdkError::DispatchFailure(_) => (SendError::Unknown, "the connection failed".to_owned()),
        SdkError::TimeoutError(_) => (SendError::Unknown, "no response arrived in time".to_owned()),
        SdkError::ResponseError(_) => (SendError::Unknown, "the response was unreadable".to_owned()),
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
            (kind, if report.is_empty() { format!("HTTP status {status}") } else { report })
        }
        _ => (SendError::Unknown, "the call failed".to_owned()),
    };
    kind(FailedCall { service, report, source: error.into() }.into())
}

/// Whether the server refused the connection. If so, nothing was sent.
fn is_connection_refused(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |cause: &&(dyn StdError + 'static)| (*cause).source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| io.kind() == io::ErrorKind::ConnectionRefused)
}
