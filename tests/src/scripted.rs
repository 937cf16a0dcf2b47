//! An HTTP service that responds as the test defines, for failures that the DynamoDB stand-in
//! cannot produce.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::Value;

use crate::local;

/// The response to one call.
pub enum Reply {
    Json(u16, Value),
    Xml(u16, String),
    /// No response, ever.
    Silence,
}

/// The running service and the log of its calls.
pub struct ScriptedService {
    /// SDK configuration that points at the service.
    pub config: SdkConfig,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl ScriptedService {
    /// Starts the service. `reply` gets the number of the call (from 0) and its JSON body, and
    /// returns the response.
    pub async fn start(reply: impl Fn(usize, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&requests), Arc::new(reply));
        let app = Router::new().fallback(move |body: Bytes| {
            let (log, reply) = (Arc::clone(&log), Arc::clone(&reply));
            async move {
                let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
                let call = {
                    let mut log = log.lock().expect("the lock is not poisoned");
                    log.push(body.clone());
                    log.len() - 1
                };
                let (status, content_type, answer) = match reply(call, &body) {
                    Reply::Silence => std::future::pending().await,
                    Reply::Json(status, answer) => (status, "application/x-amz-json-1.0", answer.to_string()),
                    Reply::Xml(status, answer) => (status, "text/xml", answer),
                };
                let status = StatusCode::from_u16(status).expect("a status");
                (status, [(header::CONTENT_TYPE, content_type)], answer).into_response()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { config: local::sdk_config(endpoint), requests }
    }

    /// The JSON bodies of all calls so far; null for a body that is not JSON.
    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().expect("the lock is not poisoned").clone()
    }
}
