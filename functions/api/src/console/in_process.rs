//! Implementation of the trait `Api` of the console. Runs each operation in this process, like an HTTP request with the
//! key of the session.

use couponflow_console::{ApiBody, ApiRequest, ApiResponse};
use couponflow_http::auth::Caller;
use couponflow_http::{Problem, Request, Response};
use serde_json::Value;

use crate::dispatch::Dispatch;

/// Answers operations for the person who signed in.
pub(super) struct InProcess<'a> {
    pub(super) dispatch: &'a Dispatch,
    pub(super) caller: Caller,
    /// The request for the page.
    pub(super) request: &'a Request,
}

impl couponflow_console::Api for InProcess<'_> {
    async fn send(&self, wanted: ApiRequest) -> ApiResponse {
        let operation = wanted.operation;
        if operation.scope().is_some_and(|scope| self.caller.key.scope < scope) {
            return shown(Problem::forbidden(operation.scope().map_or("", |scope| scope.into_str())).answer().into());
        }
        let mut headers = Vec::new();
        if let Some(etag) = &wanted.if_match {
            headers.push(("if-match", etag.as_str()));
        }
        if let Some(key) = &wanted.idempotency_key {
            headers.push(("idempotency-key", key.as_str()));
        }
        let body = match wanted.body {
            Some(ApiBody::Json(body)) => {
                headers.push(("content-type", "application/json"));
                Some(body.to_string())
            }
            Some(ApiBody::Csv(text)) => {
                headers.push(("content-type", "text/csv"));
                Some(text)
            }
            None => None,
        };
        let request = self.request.internal(operation, &wanted.id, &wanted.query, &headers, body);
        shown(self.dispatch.run(&self.caller, operation, &wanted.id, &request).await)
    }
}

fn shown(response: Response) -> ApiResponse {
    let etag = response.headers.iter().find(|(name, _)| name == "etag").map(|(_, value)| value.clone());
    let body = response
        .body
        .map_or(Value::Null, |text| serde_json::from_str(text.as_str()).unwrap_or(Value::String(text.into_string())));
    ApiResponse { status: response.status, etag, body }
}
