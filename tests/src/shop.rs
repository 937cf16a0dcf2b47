//! [`Shop`]: one tenant with its keys on the local stack, over HTTP.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::kernel::digest::sha256_hex;
use couponflow_local::{Keys, Stack, StackInfo, StackOptions, loopback};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{fixtures, local};

/// Maximum time until the effects of a request are visible on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Maximum time for which a request is repeated while the response is 503.
const REPEATS: Duration = Duration::from_secs(60);

/// Maximum number of lines in an answer of CloudWatch Logs.
const MAX_LOG_LINES: usize = 10_000;

/// The stack that all tests of this process share. The stack ends with the process.
static STACK: OnceCell<Stack> = OnceCell::const_new();

/// The directory with the stack's files.
pub fn state_dir() -> PathBuf {
    crate::repository::root().join("target/flow-stack")
}

/// An HTTP response.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    pub status: u16,
    pub content_type: String,
    headers: HeaderMap,
    /// The parsed body; null if it is not JSON.
    pub body: Value,
    /// The raw body.
    pub text: String,
}

impl ApiResponse {
    /// Returns the value of a header; empty if the response lacks it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts the status and returns the body.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }
}

/// One tenant on the stack.
pub struct Shop {
    pub tenant: String,
    pub keys: Keys,
    pub stack: &'static StackInfo,
    http: Client,
}

impl Shop {
    /// Creates a tenant. The first call starts the stack.
    pub async fn open(tenant: &str) -> Self {
        let stack = STACK
            .get_or_init(|| async {
                let state_dir = Some(state_dir());
                let options = StackOptions { state_dir, quiet: true, ..StackOptions::default() };
                Stack::start(options).await.expect("the local stack starts")
            })
            .await;
        Self::on(stack, tenant).await
    }

    /// Creates a tenant on a stack of its own, for tests that disturb the functions. The stack ends with the process.
    pub async fn alone(tenant: &str) -> Self {
        let state_dir = Some(crate::repository::root().join(format!("target/flow-stack-{tenant}")));
        let options = StackOptions { state_dir, quiet: true, ..StackOptions::default() };
        let stack: &'static Stack = Box::leak(Box::new(Stack::start(options).await.expect("the local stack starts")));
        Self::on(stack, tenant).await
    }

    async fn on(stack: &'static Stack, tenant: &str) -> Self {
        let keys = stack.create_tenant(tenant).await.expect("a new tenant");
        let http = loopback().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { tenant: tenant.to_owned(), keys, stack: &stack.info, http }
    }

    /// Creates a link that signs in to the console once.
    pub async fn sign_in_link(&self) -> String {
        let stack = STACK.get().expect("a running stack");
        stack.sign_in_link(&self.keys.admin).await.expect("a link")
    }

    /// Returns the address of a page of the console.
    pub fn console(&self, page: &str) -> String {
        format!("{}/console/{page}", self.stack.api_url)
    }

    /// Returns the shell commands that `cargo run -q -- env` prints, with the keys of this shop.
    pub fn exports(&self) -> String {
        StackInfo { keys: self.keys.clone(), ..self.stack.clone() }.exports()
    }

    /// Sends any request with any body.
    pub async fn send(&self, method: Method, path: &str, key: &str, body: Option<String>) -> ApiResponse {
        Self::exchange(self.prepare(method, path, key, body)).await
    }

    /// Sends a POST with an idempotency key.
    pub async fn post_with_key(&self, path: &str, key: &str, idempotency_key: &str, body: &Value) -> ApiResponse {
        let request = self.prepare(Method::POST, path, key, Some(body.to_string()));
        Self::exchange(request.header("idempotency-key", idempotency_key)).await
    }

    fn prepare(&self, method: Method, path: &str, key: &str, body: Option<String>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.stack.api_url)).bearer_auth(key);
        match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        }
    }

    /// Sends a request, and repeats it while the response is 503, as README tells shops to.
    async fn exchange(request: RequestBuilder) -> ApiResponse {
        let deadline = Instant::now() + REPEATS;
        let repeat = async || request.try_clone().expect("a body that can be sent again").send().await;
        let mut response = repeat().await.expect("a response");
        while response.status() == 503 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_secs(1)).await;
            response = repeat().await.expect("a response");
        }
        let content_type = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (status, content_type) = (response.status().as_u16(), content_type.to_owned());
        let headers = response.headers().clone();
        let text = response.text().await.expect("a body");
        ApiResponse { status, content_type, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Prepares a request with the admin key. The test completes and sends the request.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.prepare(method, path, &self.keys.admin, None)
    }

    /// Sends a GET with the admin key and expects 200.
    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, &self.keys.admin, None).await.expect(200)
    }

    /// Sends a POST with the admin key.
    pub async fn post(&self, path: &str, body: Value) -> ApiResponse {
        self.send(Method::POST, path, &self.keys.admin, Some(body.to_string())).await
    }

    /// Applies codes with the storefront key and the token of the order.
    pub async fn apply(&self, body: &Value) -> ApiResponse {
        let mut body = body.clone();
        if let Some(order) = body.pointer("/order/id").and_then(Value::as_str) {
            body["application_token"] = json!(application_token(order));
        }
        self.send(Method::POST, "/v1/apply", &self.keys.storefront, Some(body.to_string())).await
    }

    /// Removes an application with the storefront key and a token.
    pub async fn remove_application(&self, id: &str, token: &str) -> ApiResponse {
        let path = format!("/v1/applications/{id}");
        let request = self.prepare(Method::DELETE, &path, &self.keys.storefront, None);
        Self::exchange(request.header("application-token", token)).await
    }

    /// Applies codes with the server key. Unlike the storefront key, it may request a hold.
    pub async fn hold(&self, body: &Value) -> ApiResponse {
        self.send(Method::POST, "/v1/apply", &self.keys.server, Some(body.to_string())).await
    }

    /// Redeems codes with the server key.
    pub async fn redeem(&self, body: &Value) -> ApiResponse {
        self.send(Method::POST, "/v1/redeem", &self.keys.server, Some(body.to_string())).await
    }

    /// Creates a 20 % coupon and returns its id. `more` adds or replaces terms.
    pub async fn coupon(&self, code: &str, more: Value) -> String {
        let mut body = json!({"code": code, "name": code, "discount": {"type": "percentage", "percent_off": 20}});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        text(&self.post("/v1/coupons", body).await.expect(201)["id"])
    }

    /// Creates and publishes a workflow and returns its id.
    pub async fn workflow(&self, document: Value) -> String {
        let id = text(&self.post("/v1/workflows", document).await.expect(201)["id"]);
        self.post(&format!("/v1/workflows/{id}/publish"), json!({})).await.expect(200);
        id
    }

    /// Lists the coupons that workflows generated, newest first.
    pub async fn generated_coupons(&self) -> Vec<Value> {
        self.all("/v1/coupons?generated=true").await
    }

    /// Lists the logged events of one type of a coupon, newest first.
    pub async fn events(&self, coupon_id: &str, kind: &str) -> Vec<Value> {
        self.all(&format!("/v1/events?coupon_id={coupon_id}&type={kind}")).await
    }

    /// Lists the executions of a workflow, newest first.
    pub async fn executions(&self, workflow_id: &str) -> Vec<Value> {
        self.all(&format!("/v1/executions?workflow_id={workflow_id}")).await
    }

    /// Reads every page of a list.
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

    /// Returns the table of the stack.
    pub fn table(&self) -> Table {
        let config = local::sdk_config(self.stack.aws_endpoint_url.clone());
        Table::new(aws_sdk_dynamodb::Client::new(&config), self.stack.table.clone())
    }

    /// Confirms an address of the shop's team, as its recipient would.
    pub async fn confirm(&self, address: &str) {
        fixtures::confirmed_recipient(&self.table().of(&fixtures::tenant(&self.tenant)), address).await;
    }

    /// Returns the lines that the functions have printed since an instant, for all tenants, and that contain `text`. The
    /// stack collects a line at the end of its invocation, or else at the end of the next invocation of the same instance.
    pub async fn log_lines(&self, since: DateTime<Utc>, text: &str) -> Vec<String> {
        let groups = self.call_logs("DescribeLogGroups", json!({})).await;
        let mut lines = Vec::new();
        for group in groups["logGroups"].as_array().expect("log groups") {
            let mut start = since.timestamp_millis();
            loop {
                let page = json!({"logGroupName": group["logGroupName"], "filterPattern": text, "startTime": start});
                let page = self.call_logs("FilterLogEvents", page).await;
                let events = page["events"].as_array().expect("log events");
                lines.extend(events.iter().filter_map(|event| event["message"].as_str()).map(str::to_owned));
                let Some(last) = events.last().filter(|_| events.len() >= MAX_LOG_LINES) else { break };
                // The next page begins with the last instant of this page, and repeats its lines.
                let next = last["timestamp"].as_i64().expect("milliseconds");
                assert!(next > start, "more than {MAX_LOG_LINES} lines in a millisecond");
                start = next;
            }
        }
        lines
    }

    /// Calls CloudWatch Logs.
    async fn call_logs(&self, operation: &str, request: Value) -> Value {
        let call = self.http.post(&self.stack.aws_endpoint_url).body(request.to_string());
        let call = call.header("x-amz-target", format!("Logs_20140328.{operation}"));
        let call = call.header("content-type", "application/x-amz-json-1.1");
        call.send().await.expect("a response").json().await.expect("JSON")
    }

    /// Lists the mail to an address, oldest first.
    pub async fn mail_to(&self, address: &str) -> Vec<Value> {
        let caught: Value = self.http.get(&self.stack.mail_url).send().await.expect("mail").json().await.expect("JSON");
        let accounts = caught["messages"].as_object().expect("messages by account");
        let messages = accounts.values().flat_map(|messages| messages.as_array().into_iter().flatten());
        messages.filter(|message| message["To"] == json!([address])).cloned().collect()
    }

    /// Invokes a function directly. Returns its payload, and whether it failed.
    pub async fn invoke(&self, function: &str, event: &Value) -> (Value, bool) {
        let name = &self.stack.functions[function];
        let url = format!("{}/2015-03-31/functions/{name}/invocations", self.stack.aws_endpoint_url);
        let response = self.http.post(url).body(event.to_string()).send().await.expect("a response");
        let failed = response.headers().contains_key("x-amz-function-error");
        (response.json().await.expect("JSON"), failed)
    }
}

/// Returns the token that the browser of the tests chose for an order.
pub fn application_token(order: &str) -> String {
    sha256_hex(format!("token of {order}"))
}

/// Polls `ask` until it returns a value, for at most 60 s. `what` names the value in the panic
/// message.
pub async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, ask).await
}

/// Polls `ask` until it returns a value, for at most `patience`.
pub async fn eventually_within<T>(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "timed out after {patience:?} while waiting for {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Returns the value of a JSON string. Panics for any other value.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected a string, got {value}")).to_owned()
}
