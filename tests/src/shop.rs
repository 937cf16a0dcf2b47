//! A shop on the local stack: one tenant with its keys, over HTTP.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use couponflow_local::{Keys, Stack, StackInfo, StackOptions, loopback};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// How long anything that follows from a request may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The one stack of this test run. It ends with the process that started it.
static STACK: OnceCell<Stack> = OnceCell::const_new();

/// The directory of its files.
pub fn state_dir() -> PathBuf {
    crate::repository::root().join("target/flow-stack")
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Got {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body; null where it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Got {
    /// The body, where the status is the one that is expected.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }
}

/// One tenant on the stack.
pub struct Shop {
    /// Its name.
    pub tenant: String,
    /// Its keys.
    pub keys: Keys,
    /// The stack.
    pub stack: &'static StackInfo,
    http: Client,
}

impl Shop {
    /// A new tenant; the first one starts the stack.
    pub async fn open(tenant: &str) -> Self {
        let stack = STACK
            .get_or_init(|| async {
                let state_dir = Some(state_dir());
                let options = StackOptions { state_dir, quiet: true, ..StackOptions::default() };
                Stack::start(options).await.expect("the local stack starts")
            })
            .await;
        let keys = stack.create_tenant(tenant).await.expect("a tenant");
        let http = loopback().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { tenant: tenant.to_owned(), keys, stack: &stack.info, http }
    }

    /// The shell command that `cargo run` prints, with the keys of this shop.
    pub fn exports(&self) -> String {
        StackInfo { keys: self.keys.clone(), ..self.stack.clone() }.exports()
    }

    /// Any request, with any body.
    pub async fn send(&self, method: Method, path: &str, key: &str, body: Option<String>) -> Got {
        Self::got(self.prepare(method, path, key, body)).await
    }

    /// A POST with an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, idempotency_key: &str, body: &Value) -> Got {
        let request = self.prepare(Method::POST, path, key, Some(body.to_string()));
        Self::got(request.header("idempotency-key", idempotency_key)).await
    }

    fn prepare(&self, method: Method, path: &str, key: &str, body: Option<String>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.stack.api_url)).bearer_auth(key);
        match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        }
    }

    async fn got(request: RequestBuilder) -> Got {
        let response = request.send().await.expect("an answer");
        let content_type = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (status, content_type) = (response.status().as_u16(), content_type.to_owned());
        let text = response.text().await.expect("a body");
        Got { status, content_type, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// A request of an operator, to be completed and sent by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.prepare(method, path, &self.keys.admin, None)
    }

    /// An operator reads.
    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, &self.keys.admin, None).await.expect(200)
    }

    /// An operator changes something.
    pub async fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, &self.keys.admin, Some(body.to_string())).await
    }

    /// The storefront applies a code.
    pub async fn apply(&self, body: &Value) -> Got {
        self.send(Method::POST, "/v1/apply", &self.keys.storefront, Some(body.to_string())).await
    }

    /// The shop's server applies a code with a hold.
    pub async fn hold(&self, body: &Value) -> Got {
        self.send(Method::POST, "/v1/apply", &self.keys.server, Some(body.to_string())).await
    }

    /// The shop's server redeems a code.
    pub async fn redeem(&self, body: &Value) -> Got {
        self.send(Method::POST, "/v1/redeem", &self.keys.server, Some(body.to_string())).await
    }

    /// Creates a coupon and answers with its id.
    pub async fn coupon(&self, code: &str, more: Value) -> String {
        let mut body = json!({"code": code, "name": code, "discount": {"type": "percentage", "percent_off": 20}});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        text(&self.post("/v1/coupons", body).await.expect(201)["id"])
    }

    /// Creates and publishes a workflow and answers with its id.
    pub async fn workflow(&self, document: Value) -> String {
        let id = text(&self.post("/v1/workflows", document).await.expect(201)["id"]);
        self.post(&format!("/v1/workflows/{id}/publish"), json!({})).await.expect(200);
        id
    }

    /// The coupon's events of a type, as they went to the bus.
    pub async fn events(&self, coupon_id: &str, kind: &str) -> Vec<Value> {
        self.all(&format!("/v1/events?coupon_id={coupon_id}&type={kind}")).await
    }

    /// The executions of a workflow.
    pub async fn executions(&self, workflow_id: &str) -> Vec<Value> {
        self.all(&format!("/v1/executions?workflow_id={workflow_id}")).await
    }

    /// Every page of a list.
    async fn all(&self, path: &str) -> Vec<Value> {
        let mut data = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}&limit=100{cursor}")).await;
            data.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return data,
            }
        }
    }

    /// The mail to an address, oldest first.
    pub async fn mail_to(&self, address: &str) -> Vec<Value> {
        let caught: Value = self.http.get(&self.stack.mail_url).send().await.expect("mail").json().await.expect("JSON");
        let accounts = caught["messages"].as_object().expect("messages by account");
        let messages = accounts.values().flat_map(|messages| messages.as_array().into_iter().flatten());
        messages.filter(|message| message["To"] == json!([address])).cloned().collect()
    }

    /// Invokes a function directly, and answers with its payload and whether it failed.
    pub async fn invoke(&self, function: &str, event: &Value) -> (Value, bool) {
        let name = &self.stack.functions[function];
        let url = format!("{}/2015-03-31/functions/{name}/invocations", self.stack.aws_endpoint_url);
        let response = self.http.post(url).body(event.to_string()).send().await.expect("an answer");
        let failed = response.headers().contains_key("x-amz-function-error");
        (response.json().await.expect("JSON"), failed)
    }
}

/// Asks again until the answer is there, at most a minute.
pub async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, ask).await
}

/// Asks again until the answer is there, within a time of one's own.
pub async fn eventually_within<T>(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A JSON text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}
