//! Routes a request to what it asks for.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use couponflow_app::error::StoreError;
use couponflow_app::ports::{Environment as _, KeyScope, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::environment::SystemEnvironment;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Answer, Problem, Request, to_gateway};
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::{bootstrap, codes, coupons, records, workflows};

/// The admin function.
pub(crate) struct Admin {
    table: Table,
    keys: KeyCache,
}

/// An answer, or why there is none.
pub(crate) type Answered = Result<Answer, Problem>;

/// A store failure as the caller sees it.
pub(crate) fn failure(error: StoreError) -> Problem {
    Problem::of_failure(&error)
}

/// An id from a path; one that is not of its kind names nothing.
pub(crate) fn id<T, E>(parse: impl FnOnce(&str) -> Result<T, E>, text: &str, what: &str) -> Result<T, Problem> {
    parse(text).map_err(|_| Problem::not_found(what))
}

impl Admin {
    /// On a table.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default() }
    }

    /// Answers a request of the gateway, or a direct invocation by an operator who may invoke the function.
    ///
    /// # Errors
    /// Where it is neither.
    pub(crate) async fn handle(&self, event: Value) -> Result<Value, Error> {
        if let Some(command) = event.get("create_tenant") {
            return bootstrap::create_tenant(&self.table, command).await;
        }
        let request: ApiGatewayV2httpRequest = serde_json::from_value(event)?;
        let response = to_gateway(self.answer(&Request::new(request)).await);
        Ok(serde_json::to_value(response)?)
    }

    async fn answer(&self, request: &Request) -> Answered {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        if path[..] == ["healthz"] {
            return Ok(Answer::json(200, json!({"status": "ok"})));
        }
        if path[..] == ["openapi.json"] {
            return Err(Problem::not_found("document"));
        }
        let scope = match path[..] {
            ["v1", "applications", _] if request.method == "DELETE" => KeyScope::Storefront,
            ["v1", "contacts", ..] | ["v1", "redemptions", _, "rollback"] => KeyScope::Server,
            _ => KeyScope::Admin,
        };
        let key = authenticate(&self.table, &self.keys, request, scope, SystemEnvironment.now()).await?;
        let store = self.table.of(&key.tenant_id);
        route(&store, request, &path).await
    }
}

async fn route(store: &TenantStore, request: &Request, path: &[&str]) -> Answered {
    match (request.method.as_str(), path) {
        ("POST", ["v1", "coupons"]) => coupons::create(store, request).await,
        ("GET", ["v1", "coupons"]) => coupons::list(store, request).await,
        ("GET", ["v1", "coupons", id]) => coupons::read(store, id).await,
        ("POST", ["v1", "coupons", id, "pause"]) => coupons::pause(store, id).await,
        ("POST", ["v1", "coupons", id, "activate"]) => coupons::activate(store, id).await,
        ("POST", ["v1", "coupons", id, "codes"]) => codes::issue(store, request, id).await,
        ("GET", ["v1", "coupons", id, "codes"]) => codes::list(store, request, id).await,
        ("GET", ["v1", "jobs", id]) => codes::read_job(store, id).await,
        ("POST", ["v1", "workflows"]) => workflows::create(store, request).await,
        ("GET", ["v1", "workflows"]) => workflows::list(store, request).await,
        ("GET", ["v1", "workflows", id]) => workflows::read(store, id).await,
        ("POST", ["v1", "workflows", id, "publish"]) => workflows::publish(store, id).await,
        ("POST", ["v1", "workflows", id, "pause"]) => workflows::pause(store, id).await,
        ("GET", ["v1", "executions"]) => workflows::list_executions(store, request).await,
        ("GET", ["v1", "executions", id]) => workflows::read_execution(store, id).await,
        ("GET", ["v1", "contacts"]) => records::list_contacts(store, request).await,
        ("GET", ["v1", "contacts", id]) => records::read_contact(store, id).await,
        ("GET", ["v1", "applications", id]) => records::read_application(store, id).await,
        ("DELETE", ["v1", "applications", id]) => records::remove_application(store, id).await,
        ("GET", ["v1", "redemptions", id]) => records::read_redemption(store, id).await,
        ("POST", ["v1", "redemptions", id, "rollback"]) => records::roll_back(store, request, id).await,
        ("GET", ["v1", "events"]) => records::list_events(store, request).await,
        (
            method,
            ["v1", "apply" | "redeem" | "coupons" | "workflows" | "executions" | "contacts" | "events"]
            | ["v1", "coupons" | "workflows" | "executions" | "contacts" | "applications" | "redemptions", _]
            | ["v1", "jobs", _]
            | ["v1", "coupons", _, "pause" | "activate" | "codes"]
            | ["v1", "redemptions", _, "rollback"]
            | ["v1", "workflows", _, "publish" | "pause"],
        ) => Err(Problem::method_not_allowed(method)),
        _ => Err(Problem::not_found("resource")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};

    /// On a table that can't be reached: what needs no key needs no table.
    fn admin() -> Admin {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        Admin::new(Table::new(aws_sdk_dynamodb::Client::from_conf(config), "none".to_owned()))
    }

    async fn get(path: &str) -> (Value, String) {
        let http = json!({"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"});
        let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {}, "isBase64Encoded": false, "requestContext": {"http": http}});
        let answer = admin().handle(event).await.unwrap();
        (answer["statusCode"].clone(), answer["body"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn the_document_is_missing_rather_than_secret() {
        let (status, body) = get("/openapi.json").await;
        assert_eq!(
            (status, serde_json::from_str::<Value>(&body).unwrap()["code"].clone()),
            (404.into(), json!("not_found"))
        );
        assert_eq!(get("/healthz").await.0, 200);
        assert_eq!(get("/v1/coupons").await.0, 401);
    }
}
