//! The API, as the pages use it.

use couponflow_http::Operation;
use serde_json::Value;

/// Answers the operations of the API for the person who signed in. The pages read and change everything through this
/// trait, so the console can do nothing that the API cannot do.
pub trait Api {
    /// Sends a request and returns the response, which can be a problem.
    async fn send(&self, request: ApiRequest) -> ApiResponse;
}

/// Body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiBody {
    Json(Value),
    Csv(String),
}

/// Request of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    pub operation: Operation,
    /// Id in the path. Empty if the path has no id.
    pub id: String,
    pub query: Vec<(String, String)>,
    pub body: Option<ApiBody>,
    /// Value of the `If-Match` header.
    pub if_match: Option<String>,
    /// Value of the `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
}

impl ApiRequest {
    /// Creates a request without query and body.
    pub fn new(operation: Operation, id: &str) -> Self {
        let (query, body, if_match, idempotency_key) = (Vec::new(), None, None, None);
        Self { operation, id: id.to_owned(), query, body, if_match, idempotency_key }
    }

    /// Adds a query parameter, unless the value is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.query.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(ApiBody::Json(body)), ..self }
    }

    /// Sets the `If-Match` header.
    #[must_use]
    pub fn if_match(self, etag: &str) -> Self {
        Self { if_match: Some(etag.to_owned()), ..self }
    }

    /// Sets the `Idempotency-Key` header, unless the key is empty.
    #[must_use]
    pub fn once(self, key: &str) -> Self {
        Self { idempotency_key: Some(key).filter(|key| !key.is_empty()).map(str::to_owned), ..self }
    }
}

/// Response of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiResponse {
    pub status: u16,
    /// Value of the `ETag` header.
    pub etag: Option<String>,
    /// Body. Null if the response has no body.
    pub body: Value,
}
