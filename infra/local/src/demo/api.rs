//! HTTP client of the API.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::time::sleep;

use super::Mismatch;
use crate::Error;
use crate::emulator::loopback_client;

/// Maximum number of times that a request is sent.
const ATTEMPTS: u32 = 5;

/// API client that authenticates with one key.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    base: String,
    key: String,
}

/// API response. The status can be an error status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Api {
    /// Creates a client.
    ///
    /// # Errors
    /// Returns an error if the HTTP client cannot be built.
    pub(super) fn new(base: &str, key: &str) -> Result<Self, Error> {
        Ok(Self { client: loopback_client()?, base: base.into(), key: key.into() })
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// Returns an error if the status is not 200.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Mismatch> {
        self.send(Method::GET, path, None).await?.expect(StatusCode::OK, path)
    }

    /// Reads the first page of a list.
    ///
    /// # Errors
    /// Returns an error if the response is not a list with status 200.
    pub(super) async fn list(&self, path: &str) -> Result<Vec<Value>, Mismatch> {
        match self.get(path).await?["data"].take() {
            Value::Array(items) => Ok(items),
            other => Err(Mismatch { expected: format!("a list from {path}"), actual: format!("{other}") }),
        }
    }

    /// Posts a body and returns the response body.
    ///
    /// # Errors
    /// Returns an error if the status is not `expected`.
    pub(super) async fn post(&self, path: &str, body: &Value, expected: StatusCode) -> Result<Value, Mismatch> {
        self.try_post(path, body).await?.expect(expected, path)
    }

    /// Posts a body and returns the response, even if its status is an error.
    ///
    /// # Errors
    /// Returns an error if there is no response.
    pub(super) async fn try_post(&self, path: &str, body: &Value) -> Result<Answer, Mismatch> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a request, up to five times. Retries with exponential backoff if the gateway returns 429 or 503.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Mismatch> {
        let mut pause = Duration::from_millis(200);
        for _ in 1..ATTEMPTS {
            let answer = self.send_once(method.clone(), path, body).await?;
            if !answer.is_busy() {
                return Ok(answer);
            }
            sleep(pause).await;
            pause *= 2;
        }
        self.send_once(method, path, body).await
    }

    async fn send_once(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Mismatch> {
        let no_answer = |error: reqwest::Error| Mismatch {
            expected: format!("a response to {method} {path}"),
            actual: error.to_string(),
        };
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let text = response.text().await.map_err(no_answer)?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}

impl Answer {
    /// Problem code. Empty if the response is not a problem.
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Returns the body of a response with the expected status.
    ///
    /// # Errors
    /// Returns an error if the response has another status.
    pub(super) fn expect(self, status: StatusCode, path: &str) -> Result<Value, Mismatch> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(Mismatch { expected: format!("{status} from {path}"), actual: format!("{}: {}", self.status, self.body) })
    }

    /// Whether the gateway, and not a function, returned 429 or 503. Only responses of functions have a `code`.
    fn is_busy(&self) -> bool {
        let overloaded = matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        overloaded && self.code().is_empty()
    }
}
